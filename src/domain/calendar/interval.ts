/** Half-open span of time `[from, until)` in milliseconds since the epoch. */
export interface Interval {
  from: number;
  until: number;
}

/** Union of intervals in order; intervals that touch become one, empty ones vanish. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  const inOrder = intervals.filter(({ from, until }) => from < until).sort((a, b) => a.from - b.from);
  for (const { from, until } of inOrder) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else merged.push({ from, until });
  }
  return merged;
}

/** What two intervals share; undefined when they share nothing. */
export function intersect(a: Interval, b: Interval): Interval | undefined {
  const from = Math.max(a.from, b.from);
  const until = Math.min(a.until, b.until);
  return from < until ? { from, until } : undefined;
}

/** The parts of `whole` that are in no hole; both in order and without overlap, as {@link mergeIntervals} returns them. */
export function subtractIntervals(whole: readonly Interval[], holes: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let first = 0;
  for (const { from, until } of whole) {
    while (first < holes.length && (holes[first] as Interval).until <= from) first += 1;
    let at = from;
    for (let index = first; index < holes.length && at < until; index += 1) {
      const hole = holes[index] as Interval;
      if (hole.from >= until) break;
      if (hole.from > at) rest.push({ from: at, until: hole.from });
      at = Math.max(at, hole.until);
    }
    if (at < until) rest.push({ from: at, until });
  }
  return rest;
}

/** The intersection; each in order and without overlap. */
export function intersectIntervals(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  return subtractIntervals(a, subtractIntervals(a, b));
}
