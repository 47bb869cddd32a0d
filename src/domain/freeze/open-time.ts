import type { Interval } from '../calendar/interval.ts';

/** A period with less open time than is wanted. */
export interface StarvedPeriod extends Interval {
  openMs: number;
}

export interface OpenTimeLimits {
  minOpenMs: number;
  periodMs: number;
}

/**
 * The rolling periods with less open time than `minOpenMs`, in order of time: of all the periods that begin with a
 * freeze or end with one, because between these the open time has no minimum. Periods that are over do not count.
 *
 * @param frozen in order and disjoint
 */
export function starvedPeriods(
  frozen: readonly Interval[],
  { minOpenMs, periodMs }: OpenTimeLimits,
  now: number,
): StarvedPeriod[] {
  const frozenUntil = cumulative(frozen);
  const starts = new Set(frozen.flatMap(({ from, until }) => [from, until - periodMs]));
  return [...starts]
    .filter((start) => start + periodMs > now)
    .sort((a, b) => a - b)
    .map((from) => {
      const until = from + periodMs;
      return { from, until, openMs: periodMs - (frozenUntil(until) - frozenUntil(from)) };
    })
    .filter(({ openMs }) => openMs < minOpenMs);
}

/** How much was frozen up to an instant, in milliseconds. */
function cumulative(frozen: readonly Interval[]): (instant: number) => number {
  const before: number[] = [];
  let sum = 0;
  for (const { from, until } of frozen) {
    before.push(sum);
    sum += until - from;
  }
  return (instant) => {
    let [low, high] = [0, frozen.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((frozen[middle] as Interval).from < instant) low = middle + 1;
      else high = middle;
    }
    const last = frozen[low - 1];
    if (last === undefined) return 0;
    return (before[low - 1] as number) + Math.min(last.until, instant) - last.from;
  };
}
