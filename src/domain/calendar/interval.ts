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
