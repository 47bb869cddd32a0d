import { isAscii } from 'node:buffer';

/** Takes one unfolded line. The bytes are only lent: they change after the call. */
export type TakeLine = (line: ContentLine) => void;

export interface ContentLine {
  /** What the line begins with, up to the longest length. */
  bytes: Buffer;
  /** Whether it goes on beyond them. */
  isCut: boolean;
  /** Number of its first physical line, from 1. */
  number: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a stream of bytes into unfolded lines (RFC 5545 3.1). Unfolds before anything is decoded, because a fold may cut a
 * character in two. Needs as much memory as the longest line that is kept, however long lines are.
 */
export class ContentLines {
  readonly #take: TakeLine;
  readonly #buffer: Buffer;
  #length = 0;
  #isCut = false;
  /** Of the unfolded line that is being collected. */
  #number = 1;
  /** Physical lines that have ended. */
  #ended = 0;
  /** A line has ended, and the first byte of the next tells whether it goes on. */
  #atLineStart = false;

  constructor(maxBytes: number, take: TakeLine) {
    this.#take = take;
    this.#buffer = Buffer.allocUnsafeSlow(maxBytes);
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    while (from < bytes.length) {
      if (this.#atLineStart) {
        this.#atLineStart = false;
        const first = bytes[from];
        if (first === SPACE || first === TAB) from += 1;
        else this.#emit();
      }
      const end = bytes.indexOf(LF, from);
      this.#append(bytes, from, end < 0 ? bytes.length : end);
      if (end < 0) return;
      // A CR that belongs to the line end; one within a line is kept and makes no difference.
      if (!this.#isCut && this.#buffer[this.#length - 1] === CR && this.#length > 0) this.#length -= 1;
      this.#ended += 1;
      this.#atLineStart = true;
      from = end + 1;
    }
  }

  end(): void {
    if (this.#length > 0 || this.#isCut) this.#emit();
  }

  #append(bytes: Buffer, from: number, until: number): void {
    const room = this.#buffer.length - this.#length;
    const length = Math.min(room, until - from);
    if (length < until - from) this.#isCut = true;
    bytes.copy(this.#buffer, this.#length, from, from + length);
    this.#length += length;
  }

  #emit(): void {
    let bytes = this.#buffer.subarray(0, this.#length);
    if (this.#number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    this.#take({ bytes, isCut: this.#isCut, number: this.#number });
    this.#length = 0;
    this.#isCut = false;
    this.#number = this.#ended + 1;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Text of bytes in UTF-8; undefined when they are not. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
