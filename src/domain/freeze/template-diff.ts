type Entry = Record<string, unknown>;

/**
 * Paths at which two JSON values differ, in order: `spec.containers[name=presence].image`. Entries of lists are
 * matched by `name` where all have one, as containers, environment variables and volumes do, so that an insertion
 * does not make every later entry differ. The path of a whole value is the empty string.
 */
export function changedFields(before: unknown, after: unknown): string[] {
  return differences(before, after, '');
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    return entries(listByKey(before, after), listByKey(after, before), (key) => `${path}[${key}]`);
  }
  if (isObject(before) && isObject(after)) {
    return entries(before, after, (key) => path + memberPath(key, path === ''));
  }
  return [path];
}

function entries(before: Entry, after: Entry, pathOf: (key: string) => string): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], pathOf(key)));
}

function memberPath(key: string, first: boolean): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
  return first ? key : `.${key}`;
}

function listByKey(list: readonly unknown[], other: readonly unknown[]): Entry {
  const named = hasUniqueNames(list) && hasUniqueNames(other);
  return Object.fromEntries(
    list.map((item, index) => [named ? `name=${String((item as Entry).name)}` : String(index), item]),
  );
}

function hasUniqueNames(list: readonly unknown[]): boolean {
  const names = list.map((item) => (isObject(item) ? item.name : undefined));
  return names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
