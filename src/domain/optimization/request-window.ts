/** So many requests of one user are taken within {@link WINDOW_MS} (issue 8): a person by hand never needs more. */
export const MAX_REQUESTS = 10;
export const WINDOW_MS = 60_000;

/** Whether there is room for one more request, and otherwise the first instant at which there is. */
export type Room = { kind: 'room' } | { kind: 'full'; retryAfter: number };

/**
 * A sliding window: no 60 seconds may hold more than ten requests that were taken. The order in which requests are
 * judged does not matter, so an operator that restarts judges as the one before it did.
 *
 * @param taken instants of requests that were taken, in milliseconds, in any order
 * @param at when the request was made
 */
export function roomAt(taken: readonly number[], at: number): Room {
  const sorted = [...taken].sort((a, b) => a - b);
  if (fits(sorted, at)) return { kind: 'room' };
  // The last one of these is after every request there is, so one always fits.
  const ends = sorted.map((time) => time + WINDOW_MS).filter((end) => end > at);
  return { kind: 'full', retryAfter: ends.find((end) => fits(sorted, end)) ?? at + WINDOW_MS };
}

/** Every window that holds `at` begins with it or with an earlier request. */
function fits(sorted: readonly number[], at: number): boolean {
  const near = sorted.filter((time) => Math.abs(time - at) < WINDOW_MS);
  const starts = [...near.filter((time) => time <= at), at];
  return starts.every(
    (start) => near.filter((time) => time >= start && time < start + WINDOW_MS).length < MAX_REQUESTS,
  );
}
