import type { ContentLine } from './content-lines.ts';

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const TO_UPPER = 0x20;
/** Of the FNV-1a hash. */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** Finds out which property a line has, of those that are read, without making a text of it. */
export class PropertyNames {
  readonly #byHash = new Map<number, string>();

  /** @throws {RangeError} for two names of one hash: a set of names that must be changed */
  constructor(names: Iterable<string>) {
    for (const name of names) {
      const hash = hashOf(Buffer.from(name), 0, name.length);
      if (this.#byHash.get(hash) !== undefined && this.#byHash.get(hash) !== name) {
        throw new RangeError(`two property names have one hash: ${name}`);
      }
      this.#byHash.set(hash, name);
    }
  }

  /** The name, in upper case; undefined when it is none of them. */
  of({ buffer, from, until }: ContentLine): string | undefined {
    let end = from;
    while (end < until && buffer[end] !== COLON && buffer[end] !== SEMICOLON) end += 1;
    if (end === until) return undefined;
    const name = this.#byHash.get(hashOf(buffer, from, end));
    return name !== undefined && isName(name, buffer, from, end) ? name : undefined;
  }
}

function hashOf(bytes: Uint8Array, from: number, until: number): number {
  let hash = OFFSET_BASIS;
  for (let index = from; index < until; index++) {
    hash = Math.imul(hash ^ upper(bytes[index] as number), PRIME);
  }
  return hash;
}

function isName(name: string, bytes: Uint8Array, from: number, until: number): boolean {
  if (name.length !== until - from) return false;
  for (let index = 0; index < name.length; index++) {
    if (upper(bytes[from + index] as number) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function upper(byte: number): number {
  return byte >= LOWER_A && byte <= LOWER_Z ? byte - TO_UPPER : byte;
}
