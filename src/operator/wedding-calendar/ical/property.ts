/** A content line (RFC 5545 3.1) as far as anything here reads it. */
export interface Property {
  name: string;
  parameters: ReadonlyMap<string, string>;
  value: string;
}

const NONE: ReadonlyMap<string, string> = new Map();
const COLON = 0x3a;
const QUOTE = 0x22;
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
  return { name, parameters: parametersOf(line.slice(name.length, colon)), value };
}

/** Parameters by name in upper case; of two of one name the first. */
export function parametersOf(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (let from = 0; from < text.length; ) {
    const equals = text.indexOf('=', from);
    if (equals < 0) break;
    const name = text
      .slice(from + 1, equals)
      .trim()
      .toUpperCase();
    const quoted = text.charCodeAt(equals + 1) === QUOTE;
    const start = quoted ? equals + 2 : equals + 1;
    const end = endOf(text, start, quoted ? '"' : ';');
    if (!parameters.has(name)) parameters.set(name, text.slice(start, end));
    from = quoted ? endOf(text, end, ';') : end;
  }
  return parameters;
}

function endOf(text: string, from: number, character: string): number {
  const end = text.indexOf(character, from);
  return end < 0 ? text.length : end;
}

function firstColon(line: string, from: number): number {
  let quoted = false;
  for (let index = from; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (code === QUOTE) quoted = !quoted;
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
