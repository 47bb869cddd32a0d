import type { ContentLine } from './content-lines.ts';

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const TO_UPPER = 0x20;
/** Capital letters, digits and the hyphen differ in these bits. */
const FIRST_LETTER_BITS = 6;

/** Finds out which name some bytes are, of those that are read, without making a text of them. */
export class Names {
  /** By length and first letter; few have both in common. */
  readonly #alike: (readonly string[] | undefined)[] = [];

  constructor(names: Iterable<string>) {
    for (const name of new Set(names)) {
      const key = keyOf(name.charCodeAt(0), name.length);
      this.#alike[key] = [...(this.#alike[key] ?? []), name];
    }
  }

  /** The name, in upper case; undefined when it is none of them. */
  at(bytes: Uint8Array, from: number, until: number): string | undefined {
    if (from >= until) return undefined;
    const alike = this.#alike[keyOf(upper(bytes[from] as number), until - from)];
    if (alike === undefined) return undefined;
    for (const name of alike) if (isName(name, bytes, from)) return name;
    return undefined;
  }

  /** The name of a property: what comes before its parameters and its value. */
  ofProperty({ buffer, from, until }: ContentLine): string | undefined {
    let end = from;
    while (end < until && buffer[end] !== COLON && buffer[end] !== SEMICOLON) end += 1;
    return end === until ? undefined : this.at(buffer, from, end);
  }
}

function keyOf(first: number, length: number): number {
  return (length << FIRST_LETTER_BITS) | (first & ((1 << FIRST_LETTER_BITS) - 1));
}

function isName(name: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (upper(bytes[from + index] as number) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function upper(byte: number): number {
  return byte >= LOWER_A && byte <= LOWER_Z ? byte - TO_UPPER : byte;
}
