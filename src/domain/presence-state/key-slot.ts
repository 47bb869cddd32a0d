/** Slots of a Redis Cluster. */
export const SLOTS = 16_384;

/** CRC-16/XMODEM, polynomial 0x1021: the one of the Redis Cluster specification. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** The slot of a hash tag, given without its braces (Redis Cluster specification, "Key distribution model"). */
export function slotOfTag(tag: string): number {
  return crc16(new TextEncoder().encode(tag)) % SLOTS;
}
