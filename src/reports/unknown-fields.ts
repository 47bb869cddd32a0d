/**
 * Paths that an input has and its validated form has not: fields that the schema does not know. The API server would
 * drop them silently; here they are most often typing errors.
 */
export function unknownFields(input: unknown, validated: unknown, path = ''): string[] {
  if (Array.isArray(input)) {
    const items = Array.isArray(validated) ? validated : [];
    return input.flatMap((item, index) => unknownFields(item, items[index], `${path}[${index}]`));
  }
  if (typeof input !== 'object' || input === null) return [];
  const known = typeof validated === 'object' && validated !== null ? validated : {};
  return Object.entries(input).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(known, key)) return value === undefined || value === null ? [] : [at];
    return unknownFields(value, (known as Record<string, unknown>)[key], at);
  });
}
