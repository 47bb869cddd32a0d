import { tooComplex } from '../../../domain/feed/reading.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
/** White space, `,`, `:`, brackets and braces end a number or a word. */
const BETWEEN = new Uint8Array(256);
for (const byte of [0x09, LF, 0x0d, 0x20, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d]) BETWEEN[byte] = 1;

/** Refuses a string or number that is too long before a tokenizer collects it. */
export class TokenGuard {
  readonly #maxBytes: number;
  #inString = false;
  #escaped = false;
  #length = 0;
  #line = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of the last byte that was checked. */
  get line(): number {
    return this.#line;
  }

  /** @throws {UnusableFeed} TooComplex */
  check(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.#length += 1;
      if (this.#inString) this.#inText(byte);
      else if (byte === QUOTE) {
        this.#inString = true;
        this.#length = 0;
      } else if (BETWEEN[byte] === 1) this.#length = 0;
      if (byte === LF) this.#line += 1;
      if (this.#length > this.#maxBytes) {
        throw tooComplex(this.#line, `a text or number is longer than ${this.#maxBytes} bytes`);
      }
    }
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }
}
