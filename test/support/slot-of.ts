/** Polynomial of CRC-16/XMODEM, which Redis Cluster hashes keys with. */
const POLYNOMIAL = 0x1021;

/** The hash slot of an ASCII key with a hash tag or without (Redis Cluster specification, "Hash tags"). */
export function slotOf(key: string): number {
  const tag = /\{([^}]+)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const character of tag) {
    crc ^= character.charCodeAt(0) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
  }
  return crc % 16_384;
}
