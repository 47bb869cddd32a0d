import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** A value of a chart as its README lists it. */
export interface ChartValue {
  /** `image.repository`. */
  readonly key: string;
  /** The default, as JSON; empty for a map whose keys follow. */
  readonly byDefault: string;
  /** The comment above it, in one line. */
  readonly meaning: string;
}

/**
 * Every value that a values.yaml explains. A map whose own keys have comments is listed key by key; any other is one value.
 *
 * @throws Error that names a value without a comment
 */
export function chartValues(text: string): ChartValue[] {
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('values.yaml holds no map');
  return valuesOf(document.contents, '');
}

function valuesOf(map: YAMLMap, prefix: string): ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const key = prefix + keyOf(pair);
    // The comment of the first key belongs to the map, for the parser.
    const comment = commentOf(pair) ?? (index === 0 ? map.commentBefore : undefined);
    const { value } = pair;
    const own = isMap(value) && isExplained(value) ? value : undefined;
    if (own === undefined) return [single(key, value as Node | null, comment)];
    const group = comment ? [{ key, byDefault: '', meaning: oneLine(comment) }] : [];
    return [...group, ...valuesOf(own, `${key}.`)];
  });
}

function single(key: string, value: Node | null, comment: string | null | undefined): ChartValue {
  if (!comment) throw new Error(`values.yaml does not say what ${key} is: write a comment above it`);
  return { key, byDefault: JSON.stringify(value?.toJSON() ?? null), meaning: oneLine(comment) };
}

function isExplained(map: YAMLMap): boolean {
  return Boolean(map.commentBefore) || map.items.some((pair) => commentOf(pair));
}

function commentOf({ key }: Pair): string | null | undefined {
  return isScalar(key) ? lastParagraph(key.commentBefore) : undefined;
}

/** What stands above a blank line is about the file. */
function lastParagraph(comment: string | null | undefined): string | undefined {
  return comment?.split(/\n\s*\n/).at(-1);
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function oneLine(comment: string): string {
  return comment.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** The table of a README, without anything around it. */
export function valuesTable(values: readonly ChartValue[]): string {
  const rows = values.map(
    ({ key, byDefault, meaning }) =>
      `| \`${key}\` | ${byDefault && `\`${cell(byDefault)}\``} | ${cell(meaning)} |`,
  );
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
