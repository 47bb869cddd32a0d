/** Takes one unfolded line. It is only lent: it changes after the call, so that unread lines leave no garbage. */
export type TakeLine = (line: ContentLine) => void;

export interface ContentLine {
  /** The line is from `from` to `until`, as far as the longest length goes. */
  buffer: Buffer;
  from: number;
  until: number;
  /** Whether it goes on beyond that. */
  isCut: boolean;
  /** Number of its first physical line, from 1. */
  number: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Cuts a stream of bytes into unfolded lines (RFC 5545 3.1). Unfolds before anything is decoded, because a fold may cut a
 * character in two. A line that lies in one piece is lent where it lies; others are put together in as much memory as the
 * longest line that is kept, however long lines are.
 */
export class ContentLines {
  readonly #take: TakeLine;
  readonly #line: ContentLine;
  /** Where a line is put together that is folded, or cut by the end of a chunk. */
  readonly #parts: Buffer;
  /** Physical lines that have ended. */
  #ended = 0;
  /** A line has ended, and the first byte of the next tells whether it goes on. */
  #atLineStart = false;

  constructor(maxBytes: number, take: TakeLine) {
    this.#take = take;
    this.#parts = Buffer.allocUnsafeSlow(maxBytes);
    this.#line = { buffer: this.#parts, from: 0, until: 0, isCut: false, number: 1 };
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const line = this.#line;
    let from = 0;
    while (from < bytes.length) {
      if (this.#atLineStart) {
        this.#atLineStart = false;
        if (isBlank(bytes[from])) from += 1;
        else this.#emit();
      }
      const end = bytes.indexOf(LF, from);
      if (line.until === 0 && this.#liesInOnePiece(bytes, from, end)) {
        this.#lend(bytes, from, end);
        from = end + 1;
        continue;
      }
      this.#append(bytes, from, end < 0 ? bytes.length : end);
      if (end < 0) return;
      // CRs that belong to the line end (a file that was converted twice has two); one within a line is kept.
      while (!line.isCut && line.until > 0 && line.buffer[line.until - 1] === CR) line.until -= 1;
      this.#ended += 1;
      this.#atLineStart = true;
      from = end + 1;
    }
  }

  end(): void {
    if (this.#line.until > 0 || this.#line.isCut) this.#emit();
  }

  /** Whether the line ends in this chunk and the next one, which begins in it too, is no continuation. */
  #liesInOnePiece(bytes: Buffer, from: number, end: number): boolean {
    return end >= 0 && end + 1 < bytes.length && !isBlank(bytes[end + 1]) && end - from <= this.#parts.length;
  }

  #lend(bytes: Buffer, from: number, end: number): void {
    const line = this.#line;
    line.buffer = bytes;
    line.from = from;
    line.until = end;
    while (line.until > from && bytes[line.until - 1] === CR) line.until -= 1;
    this.#ended += 1;
    this.#emit();
    line.buffer = this.#parts;
  }

  #append(bytes: Buffer, from: number, until: number): void {
    const line = this.#line;
    const length = Math.min(line.buffer.length - line.until, until - from);
    if (length < until - from) line.isCut = true;
    bytes.copy(line.buffer, line.until, from, from + length);
    line.until += length;
  }

  #emit(): void {
    const line = this.#line;
    // Not in the first line alone: files with a mark are put together, too.
    if (beginsWithMark(line)) line.from += BYTE_ORDER_MARK.length;
    this.#take(line);
    line.from = 0;
    line.until = 0;
    line.isCut = false;
    line.number = this.#ended + 1;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function beginsWithMark({ buffer, from, until }: ContentLine): boolean {
  return (
    until - from >= BYTE_ORDER_MARK.length &&
    BYTE_ORDER_MARK.every((byte, index) => buffer[from + index] === byte)
  );
}

const NOT_ASCII = /[\u0080-\u00ff]/;
const strict = new TextDecoder('utf-8', { fatal: true });

/** Text of a line in UTF-8; undefined when it is not. */
export function textOf({ buffer, from, until }: ContentLine): string | undefined {
  const text = buffer.toString('latin1', from, until);
  if (!NOT_ASCII.test(text)) return text;
  try {
    return strict.decode(buffer.subarray(from, until));
  } catch {
    return undefined;
  }
}
