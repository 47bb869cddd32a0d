import type { Clock } from './clock.ts';

export interface TimeLimit {
  /** Aborted when the time is over, or with `outer`. */
  readonly signal: AbortSignal;
  /** Aborted, with `late()` as its reason, only when the time is over. */
  readonly expired: AbortSignal;
  /** The work is done: the timer ends. */
  readonly lift: () => void;
}

/**
 * Limits the time of one piece of work, by the clock and not by `AbortSignal.timeout`, which no test can move.
 *
 * @param late makes the reason; called once, and only when the time is over
 */
export function timeLimit(
  clock: Pick<Clock, 'setTimeout'>,
  limitMs: number,
  outer: AbortSignal,
  late: () => Error,
): TimeLimit {
  const limit = new AbortController();
  const lift = clock.setTimeout(() => limit.abort(late()), limitMs);
  return { signal: AbortSignal.any([limit.signal, outer]), expired: limit.signal, lift };
}
