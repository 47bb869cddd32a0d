/** Columns of text, aligned as kubectl aligns them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [...tableLines(head, rows)].join('\n');
}

/** The same line by line; rows are gone through twice. */
export function* tableLines(
  head: readonly string[],
  rows: Iterable<readonly string[]>,
): Generator<string, void, undefined> {
  const widths = head.map((name) => name.length);
  for (const row of rows) {
    for (const column of widths.keys()) {
      widths[column] = Math.max(widths[column] as number, (row[column] ?? '').length);
    }
  }
  yield line(head, widths);
  for (const row of rows) yield line(row, widths);
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('   ')
    .trimEnd();
}
