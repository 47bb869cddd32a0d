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
  const header = headerOf(length);
  const frame = Buffer.allocUnsafe(header.length + length);
  frame.set(header);
  frame.write(text, header.length);
  return frame;
}

function headerOf(length: number): Buffer {
  if (length <= LONGEST_SHORT) return Buffer.from([WHOLE_TEXT, length]);
  if (length <= LONGEST_16_BIT) {
    const header = Buffer.from([WHOLE_TEXT, LENGTH_IN_16_BITS, 0, 0]);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.from([WHOLE_TEXT, LENGTH_IN_64_BITS, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
