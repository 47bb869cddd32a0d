import type { Interval } from './interval.ts';
import { MINUTES_A_DAY, MS_A_DAY, MS_A_MINUTE, resolveLocal } from './local-time.ts';
import { offsetAt } from './time-zone.ts';

/**
 * The instants between two wall-clock readings that begin on one local day: `[from, until)`. An end that is not after
 * the start is on the next day.
 *
 * When clocks go back, the window takes the first reading of its start and the last of its end: the widest cover.
 * When they go forward, a skipped start or end moves by the gap; if that would leave nothing, the end moves along, so
 * that no window is ever dropped.
 *
 * @param from minutes since 00:00 of `day`
 * @param to minutes since 00:00, up to 1440
 */
export function localWindow(timeZone: string, day: number, from: number, to: number): Interval {
  const end = to > from ? to : to + MINUTES_A_DAY;
  const steady = steadyOffset(timeZone, day);
  if (steady !== undefined) {
    const midnight = day * MS_A_DAY - steady;
    return { from: midnight + from * MS_A_MINUTE, until: midnight + end * MS_A_MINUTE };
  }
  const start = resolveLocal(timeZone, day, from, 'first');
  const until = resolveLocal(timeZone, day, end, 'last');
  return { from: start, until: until > start ? until : start + (end - from) * MS_A_MINUTE };
}

/**
 * The offset of a local day and the one after it when no clock changes near them: two look-ups instead of six a
 * window. No zone changes its clocks twice within four days.
 */
function steadyOffset(timeZone: string, day: number): number | undefined {
  const before = offsetAt(timeZone, (day - 1) * MS_A_DAY);
  return before === offsetAt(timeZone, (day + 3) * MS_A_DAY) ? before : undefined;
}
