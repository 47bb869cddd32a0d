/** Hexadecimal digits of the digest in a name: two events of 20,000 meet once in 10^11 feeds. */
const DIGEST_LENGTH = 16;

/**
 * The name of the Wedding of an event: the same at every poll and in every process, whatever else changes in the event.
 *
 * @param sha256 hexadecimal digest of a text
 */
export function weddingName(
  calendar: string,
  { uid, recurrence }: { uid: string; recurrence: string },
  sha256: (text: string) => string,
): string {
  return `${calendar}-${sha256(JSON.stringify([uid, recurrence])).slice(0, DIGEST_LENGTH)}`;
}
