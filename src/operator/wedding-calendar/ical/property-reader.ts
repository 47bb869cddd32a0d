import { type ContentLine, textOf } from './content-lines.ts';
import { type Property, parametersOf, parseProperty } from './property.ts';

const COLON = 0x3a;
const QUOTE = 0x22;
const FIRST_NOT_ASCII = 0x80;
const NONE: ReadonlyMap<string, string> = new Map();

/** The parameters that a property had last, as bytes and as they are read. */
interface LastParameters {
  bytes: Buffer;
  parameters: ReadonlyMap<string, string>;
}

/**
 * Reads properties of lines. The events of a feed are mostly alike: parameters that a property had in the line before it are
 * not read again.
 */
export class PropertyReader {
  readonly #last = new Map<string, LastParameters>();

  /**
   * As {@link parseProperty}.
   *
   * @returns NotText when the line is not in UTF-8
   */
  read(
    name: string,
    line: ContentLine,
    options: { colonsInValue: boolean },
  ): Property | 'NotText' | undefined {
    const { buffer, from, until } = line;
    const begin = from + name.length;
    const colon = colonOf(buffer, begin, until, options.colonsInValue);
    if (colon === undefined) {
      const text = textOf(line);
      return text === undefined ? 'NotText' : parseProperty(name, text, options);
    }
    const parameters = colon === begin ? NONE : this.#parameters(name, buffer, begin, colon);
    return { name, parameters, value: buffer.toString('latin1', colon + 1, until) };
  }

  #parameters(name: string, buffer: Buffer, from: number, until: number): ReadonlyMap<string, string> {
    const last = this.#last.get(name);
    if (last !== undefined && isAt(last.bytes, buffer, from, until)) return last.parameters;
    const parameters = parametersOf(buffer.toString('latin1', from, until));
    this.#last.set(name, { bytes: Buffer.copyBytesFrom(buffer, from, until - from), parameters });
    return parameters;
  }
}

/** The colon before the value; undefined when there is none, or the line is not all ASCII, or quotes are odd. */
function colonOf(buffer: Buffer, from: number, until: number, colonsInValue: boolean): number | undefined {
  let found: number | undefined;
  let quoted = false;
  for (let index = from; index < until; index++) {
    const byte = buffer[index] as number;
    if (byte >= FIRST_NOT_ASCII) return undefined;
    if (byte === COLON) {
      if (!colonsInValue) found = index;
      else if (!quoted) found ??= index;
    } else if (byte === QUOTE && found === undefined) quoted = !quoted;
  }
  return found;
}

function isAt(bytes: Buffer, buffer: Buffer, from: number, until: number): boolean {
  if (bytes.length !== until - from) return false;
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== buffer[from + index]) return false;
  return true;
}
