/** RFC 6455 section 5.2: a whole text message, and where the wider length fields begin. */
const WHOLE_TEXT = 0x81;
const LONGEST_SHORT = 125;
const LONGEST_16_BIT = 0xffff;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

/**
 * One text for many sockets, framed once: frames of a server carry no mask, so the bytes are the same for all of them.
 * Half of what a delivery costs is spent on framing and writing.
 */
export class SharedFrame {
  readonly text: string;
  #bytes: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The WebSocket frame. Nobody may change it. */
  get bytes(): Buffer {
    this.#bytes ??= frameOf(this.text);
    return this.#bytes;
  }
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  frame.write(text, writeHeader(frame, length));
  return frame;
}

function headerBytes(length: number): number {
  if (length <= LONGEST_SHORT) return 2;
  return length <= LONGEST_16_BIT ? 4 : 10;
}

/** Gives where the text begins. */
function writeHeader(frame: Buffer, length: number): number {
  frame[0] = WHOLE_TEXT;
  if (length <= LONGEST_SHORT) {
    frame[1] = length;
    return 2;
  }
  if (length <= LONGEST_16_BIT) {
    frame[1] = LENGTH_IN_16_BITS;
    return frame.writeUInt16BE(length, 2);
  }
  frame[1] = LENGTH_IN_64_BITS;
  return frame.writeBigUInt64BE(BigInt(length), 2);
}
