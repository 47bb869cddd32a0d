/** Columns of a table, and labels from their values, are at least so far apart. */
const GAP = / {2,}(?=\S)/g;
/** Where a line has no columns. */
const SHALLOW_INDENT = 4;

/**
 * Text for a terminal: lines are broken between words, and go on below the last column in which they began. A word that
 * is longer than a line stays whole.
 *
 * @param columns width of the terminal; undefined leaves the text as it is
 */
export function wrap(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const indent = ' '.repeat(hangingIndent(line, columns));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const at = breakBefore(rest, columns, lines.length === 0 ? 0 : indent.length);
    if (at === undefined) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at).trimStart();
  }
  return [...lines, rest].join('\n');
}

/** Below the last column, when that leaves half of the line for it. */
function hangingIndent(line: string, columns: number): number {
  const starts = [...line.matchAll(GAP)].map((gap) => gap.index + gap[0].length);
  const lead = line.length - line.trimStart().length;
  return starts.findLast((start) => start <= columns / 2) ?? Math.min(lead + SHALLOW_INDENT, columns / 2);
}

/** The last blank within the columns, or the first one after them. */
function breakBefore(text: string, columns: number, indent: number): number | undefined {
  const last = text.lastIndexOf(' ', columns);
  if (last > indent && text.slice(indent, last).trim() !== '') return last;
  const next = text.indexOf(' ', columns);
  return next < 0 ? undefined : next;
}
