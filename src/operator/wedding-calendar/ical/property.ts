/** A content line (RFC 5545 3.1) as far as anything here reads it. */
export interface Property {
  name: string;
  parameters: ReadonlyMap<string, string>;
  value: string;
}

const NONE: ReadonlyMap<string, string> = new Map();
const COLON = 0x3a;
/**
 * Reads a line. Where values have no colon, as times do, the last colon ends the parameters: some writers do not quote a
 * parameter that has one (`TZID=GMT+05:30`).
 */
export function parseProperty(
  name: string,
  line: string,
  { colonsInValue }: { colonsInValue: boolean },
): Property | undefined {
  const colon = colonsInValue ? firstColon(line, name.length) : line.lastIndexOf(':');
  if (colon < 0) return undefined;
  const value = line.slice(colon + 1);
  if (colon === name.length) return { name, parameters: NONE, value };
  const parameters = new Map<string, string>();
  for (const [, key, quoted, plain] of line
    .slice(name.length, colon)
    .matchAll(/;\s*([^=;:"]+)=(?:"([^"]*)"?|([^;]*))/g)) {
    const upper = (key as string).trim().toUpperCase();
    if (!parameters.has(upper)) parameters.set(upper, quoted ?? (plain as string));
  }
  return { name, parameters, value };
}

function firstColon(line: string, from: number): number {
  let quoted = false;
  for (let index = from; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (code === 0x22) quoted = !quoted;
    else if (code === COLON && !quoted) return index;
  }
  // A quote that is never closed.
  return quoted ? line.indexOf(':', from) : -1;
}

/** Text of a TEXT value (RFC 5545 3.3.11). */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\([\\;,nN])/g, (_, escaped: string) => (/[nN]/.test(escaped) ? '\n' : escaped));
}

/** Values of a list of TEXT. */
export function textList(value: string): string[] {
  return value.split(/(?<!\\),/).map((each) => unescapeText(each).trim());
}
