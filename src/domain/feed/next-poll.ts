/** The first look after a failure, when the feed is asked more seldom than that. */
const FIRST_RETRY_MS = 60_000;
/** A feed that is down for days is still asked this often, or as often as it is asked when it is up. */
const LONGEST_RETRY_MS = 3_600_000;

/**
 * How long to wait before the feed is asked again: the interval, or after failures a minute that doubles up to an hour.
 *
 * @param retryAfterMs what the server asked for; an hour at most counts
 */
export function pollDelay(intervalMs: number, failures: number, retryAfterMs = 0): number {
  if (failures === 0) return intervalMs;
  const longest = Math.max(intervalMs, LONGEST_RETRY_MS);
  const doubled = Math.min(intervalMs, FIRST_RETRY_MS) * 2 ** Math.min(failures - 1, 20);
  return Math.min(longest, Math.max(doubled, Math.min(retryAfterMs, LONGEST_RETRY_MS)));
}
