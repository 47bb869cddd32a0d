/** 64 bits: a collision among 10,000 weddings is one in 10^11. */
const HEX_DIGITS = 16;

/**
 * The id of a wedding wherever people other than its crew may look: freeze windows, status, metrics. Names of weddings
 * are names of guests.
 *
 * @param sha256Hex digest of a text as lower-case hexadecimal
 */
export function weddingId(namespace: string, name: string, sha256Hex: (text: string) => string): string {
  return sha256Hex(`${namespace}/${name}`).slice(0, HEX_DIGITS);
}
