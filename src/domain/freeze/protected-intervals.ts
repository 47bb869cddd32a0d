import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { parseDuration } from '../calendar/duration.ts';
import { type Interval, intersect, mergeIntervals } from '../calendar/interval.ts';
import { localDayAt, parseLocalDate, startOfLocalDay, weekdayOf } from '../calendar/local-time.ts';

export type FreezeSpec = PresenceClusterSpec['freeze'];

/**
 * The instants of a wedding that a freeze protects.
 *
 * A wedding is active from `before` its ceremony until `after` its end. When its date is a protected day, all of that
 * is protected, past midnight too; when not, only what falls on a protected day in the wedding's own zone.
 */
export function protectedIntervals(
  freeze: FreezeSpec,
  spec: WeddingSpec,
  { ceremony, ends }: { ceremony: Date; ends: Date },
): Interval[] {
  const active = {
    from: ceremony.getTime() - parseDuration(freeze.before),
    until: ends.getTime() + parseDuration(freeze.after),
  };
  const date = parseLocalDate(spec.date);
  if (date !== undefined && freeze.days.includes(weekdayOf(date))) return [active];
  return onProtectedDays(freeze, spec.timeZone, active);
}

function onProtectedDays(freeze: FreezeSpec, timeZone: string, active: Interval): Interval[] {
  if (freeze.days.length === 0) return [];
  const parts: Interval[] = [];
  const lastDay = localDayAt(timeZone, active.until);
  for (let day = localDayAt(timeZone, active.from); day <= lastDay; day += 1) {
    if (!freeze.days.includes(weekdayOf(day))) continue;
    const wholeDay = {
      from: startOfLocalDay(timeZone, day),
      until: startOfLocalDay(timeZone, day + 1),
    };
    const part = intersect(active, wholeDay);
    if (part !== undefined) parts.push(part);
  }
  return mergeIntervals(parts);
}
