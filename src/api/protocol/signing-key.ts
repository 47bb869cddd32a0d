/** HS256 needs a key as long as its hash (RFC 7518 3.2). */
export const MIN_SIGNING_KEY_BYTES = 32;

const LINE_END = /\r?\n$/;

/**
 * The key in the content of a file: random bytes as they are; of a text without the newline that editors and shells put at
 * its end.
 */
export function signingKeyOf(content: Uint8Array): Uint8Array {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return new TextEncoder().encode(text.replace(LINE_END, ''));
  } catch {
    return content;
  }
}
