/**
 * The token in what a person entered: copied from a terminal it may be cut into lines, or begin with `Bearer`.
 *
 * @returns undefined when it can be no token: a browser sends no such header
 */
export function enteredToken(text: string): string | undefined {
  const token = text
    .trim()
    .replace(/^Bearer\s+/i, '')
    .replace(/\s+/g, '');
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}
