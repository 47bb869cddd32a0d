/** Says of a text that it is not whole; follows its name. */
export const HALF_A_PAIR = 'has half a character';

/**
 * Whether a text has no half of a surrogate pair, such as what is left of an emoji that was cut at a length. JSON can write
 * one, but it is no Unicode text: parsers of Rust and Swift refuse the whole frame that holds it (RFC 8259 8.2, RFC 7493 2.1).
 */
export function isWholeText(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
