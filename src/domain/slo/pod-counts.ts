import type { Tally } from './tally.ts';

/** What one presence pod has counted since it started. */
export interface PodCounts {
  /** When its process started, by its own clock, seconds since the epoch. */
  readonly startedAt: number;
  /** Its clock, seconds since the epoch. */
  readonly clock: number;
  /** Hidden changes that came back: all, those at most so late, and the sum of their delays in seconds. */
  readonly returned: number;
  readonly inTime: number;
  readonly delaySeconds: number;
  /** Hidden changes that did not come back within {@link LOST_AFTER_SECONDS}. */
  readonly lost: number;
  readonly joined: number;
  readonly failedJoins: number;
}

/** Counts of a pod, and how and when they were read. */
export interface CountsRead {
  readonly counts: PodCounts;
  /** The delay up to which a hidden change counts as `inTime`, in milliseconds. */
  readonly withinMs: number;
  /** Milliseconds since the epoch, by the clock of the reader. */
  readonly at: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: number;
}

export type CountsVerdict =
  | { readonly kind: 'counted'; readonly tally: Tally }
  /** Nothing to compare with: it was not read before, or another delay was in time then. */
  | { readonly kind: 'first' }
  | { readonly kind: 'wrong'; readonly because: string };

/** A presence pod counts a hidden change as lost when it is later than this, the longest delay that an objective may allow. */
export const LOST_AFTER_SECONDS = 5;
/** Far more than one server can take: its 2,000 connections, each with ten messages per second. */
const MAX_JOINS_PER_SECOND = 20_000;
/** Counts are read at uneven times; a pod that was held up for some seconds catches up. */
const SLACK_SECONDS = 15;
/** Clocks of machines that are kept in step differ by milliseconds; tokens expire by them. */
const MAX_CLOCK_ERROR_SECONDS = 300;
/** Sums of floating-point numbers. */
const ROUNDING_SECONDS = 0.001;

/**
 * What a pod has counted since it was read before, if that can be true. A pod that restarted counts from zero.
 *
 * @param before undefined: it was not read before
 * @param shards of the Redis Cluster: a pod sends one hidden change per second to each
 */
export function judgeCounts(before: CountsRead | undefined, now: CountsRead, shards: number): CountsVerdict {
  const { counts } = now;
  const wrong = wrongAlone(now);
  if (wrong !== undefined) return { kind: 'wrong', because: wrong };
  if (before === undefined || before.withinMs !== now.withinMs) return { kind: 'first' };
  const restarted = counts.startedAt !== before.counts.startedAt;
  const from = restarted ? NONE : before.counts;
  const returned = counts.returned - from.returned;
  const inTime = counts.inTime - from.inTime;
  const lost = counts.lost - from.lost;
  const joined = counts.joined - from.joined;
  const failedJoins = counts.failedJoins - from.failedJoins;
  const delay = counts.delaySeconds - from.delaySeconds;
  if ([returned, inTime, lost, joined, failedJoins].some((each) => each < 0))
    return { kind: 'wrong', because: 'its counters went back, and it did not restart' };
  if (delay < -ROUNDING_SECONDS) return { kind: 'wrong', because: 'it reports negative delays' };
  if (inTime > returned || delay > returned * LOST_AFTER_SECONDS + ROUNDING_SECONDS)
    return { kind: 'wrong', because: 'it reports delays that cannot be' };
  const seconds = SLACK_SECONDS + (now.monotonicMs - before.monotonicMs) / 1000;
  if (returned + lost > seconds * shards)
    return { kind: 'wrong', because: 'it reports more hidden changes than it can have sent' };
  if (joined + failedJoins > seconds * MAX_JOINS_PER_SECOND)
    return { kind: 'wrong', because: 'it reports more joins than it can have taken' };
  return {
    kind: 'counted',
    tally: {
      updates: { failed: returned - inTime + lost, total: returned + lost },
      joins: { failed: failedJoins, total: joined + failedJoins },
    },
  };
}

const NONE = { returned: 0, inTime: 0, delaySeconds: 0, lost: 0, joined: 0, failedJoins: 0 };

/** What no earlier reading is needed for. */
function wrongAlone({ counts, at }: CountsRead): string | undefined {
  const { returned, inTime, lost, joined, failedJoins, delaySeconds, startedAt, clock } = counts;
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (![returned, inTime, lost, joined, failedJoins].every(isCount))
    return 'its counters are not whole numbers from 0';
  if (![delaySeconds, startedAt, clock].every(Number.isFinite)) return 'it reports no numbers';
  const error = clock - at / 1000;
  // In minutes, so that the text does not change with each reading.
  if (Math.abs(error) > MAX_CLOCK_ERROR_SECONDS)
    return `its clock is ${Math.round(Math.abs(error) / 60)} min ${error > 0 ? 'ahead' : 'behind'}`;
  return undefined;
}
