/** RFC 6455 section 5.2: the first byte of an unfragmented text message, and the limits of the length fields. */
const WHOLE_TEXT = 0x81;
const MAX_SHORT_LENGTH = 125;
const MAX_16_BIT_LENGTH = 0xffff;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

/**
 * One text for many sockets, framed once: frames of a server have no mask, so the bytes are the same for all sockets.
 * Framing and writing are half of the cost of a delivery.
 */
export class SharedFrame {
  readonly text: string;
  #bytes: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The WebSocket frame. It is shared, so callers must not change it. */
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
  if (length <= MAX_SHORT_LENGTH) return 2;
  return length <= MAX_16_BIT_LENGTH ? 4 : 10;
}

/** Returns the offset of the text. */
function writeHeader(frame: Buffer, length: number): number {
  frame[0] = WHOLE_TEXT;
  if (length <= MAX_SHORT_LENGTH) {
    frame[1] = length;
    return 2;
  }
  if (length <= MAX_16_BIT_LENGTH) {
    frame[1] = LENGTH_IN_16_BITS;
    return frame.writeUInt16BE(length, 2);
  }
  frame[1] = LENGTH_IN_64_BITS;
  return frame.writeBigUInt64BE(BigInt(length), 2);
}
