const FIRST_MS = 200;
const LONGEST_MS = 10_000;

/**
 * How long to wait before attempt number `attempt` (0 is the first retry): twice as long each time, a random half of
 * it, so that clients that lost the same server do not come back together; never less than the server's hint.
 */
export function backoffMs(attempt: number, hintMs: number | undefined, random: () => number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.min(attempt, 16), LONGEST_MS);
  return (hintMs ?? 0) + ceiling * (0.5 + random() / 2);
}
