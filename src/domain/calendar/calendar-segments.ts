import type { Peak, ScalingSpec } from '../../api/v1alpha1/scaling.ts';
import type { Interval } from './interval.ts';
import {
  firstDayOfNextMonth,
  localDayAt,
  monthOf,
  parseTimeOfDay,
  startOfLocalDay,
  weekdayOf,
} from './local-time.ts';
import { localWindow } from './local-window.ts';
import { type SeasonTables, seasonAt } from './season.ts';

/** A span of time in which neither the season nor the set of peaks changes. */
export interface CalendarSegment extends Interval {
  /** 1 to 12, in the zone of the calendar. */
  month: number;
  season: number;
  /** The season is on its way to that of the next month. */
  ramp: boolean;
  /** The peak that is on; of several, the highest. */
  peak: Peak | undefined;
}

export type CalendarTables = SeasonTables & Pick<ScalingSpec, 'peaks'>;

interface PeakInstance extends Interval {
  peak: Peak;
}

/** A peak lasts a day at most, and a zone may skip one day more (Samoa in 2011). */
const LOOK_BACK_DAYS = 2;

/** The peaks that begin on a local day, as instants. `days` of a peak match the day it begins on. */
export function peaksOfDay(peaks: readonly Peak[], timeZone: string, day: number): PeakInstance[] {
  const weekday = weekdayOf(day);
  return peaks
    .filter((peak) => peak.days === undefined || peak.days.includes(weekday))
    .map((peak) => ({
      peak,
      ...localWindow(timeZone, day, parseTimeOfDay(peak.from), parseTimeOfDay(peak.to)),
    }));
}

/**
 * Walks the calendar from an instant on, without an end, boundary by boundary. The first segment begins at `fromMs`;
 * the others begin where a season or a peak begins or ends.
 *
 * @throws {RangeError} for an unknown zone
 */
export function* calendarSegments(
  tables: CalendarTables,
  timeZone: string,
  fromMs: number,
): Generator<CalendarSegment, never> {
  const firstDay = localDayAt(timeZone, fromMs);
  const nextPeaks = peakReader(tables.peaks, timeZone, firstDay - LOOK_BACK_DAYS);
  let open: PeakInstance[] = [];
  let from = fromMs;
  let season = seasonAt(tables, timeZone, from);
  for (;;) {
    if (from >= season.until) season = seasonAt(tables, timeZone, from);
    let until = season.until;
    open = open.filter((peak) => peak.until > from);
    for (const known of open) until = Math.min(until, nextEdge(known, from));
    for (let more = nextPeaks(until); more.length > 0; more = nextPeaks(until)) {
      open.push(...more.filter((peak) => peak.until > from));
      for (const known of more) until = Math.min(until, nextEdge(known, from));
    }
    const { month, factor, ramp } = season;
    yield { from, until, month, season: factor, ramp, peak: highest(open, from) };
    from = until;
  }
}

/** The next instant at which the calendar may change the number of pods; the one to wake up at. */
export function nextBoundary(tables: CalendarTables, timeZone: string, after: Date): Date {
  return new Date(calendarSegments(tables, timeZone, after.getTime()).next().value.until);
}

/** The month at an instant, and the first instant of the next one. */
export function monthAt(timeZone: string, instantMs: number): { month: number; nextMonth: number } {
  const day = localDayAt(timeZone, instantMs);
  return { month: monthOf(day), nextMonth: startOfLocalDay(timeZone, firstDayOfNextMonth(day)) };
}

/** Hands out peaks day by day, as long as the next day begins at or before `untilMs`. */
function peakReader(
  peaks: readonly Peak[],
  timeZone: string,
  firstDay: number,
): (untilMs: number) => PeakInstance[] {
  let day = firstDay;
  let dayStart = startOfLocalDay(timeZone, day);
  return (untilMs) => {
    let found: PeakInstance[] = [];
    while (peaks.length > 0 && found.length === 0 && dayStart <= untilMs) {
      found = peaksOfDay(peaks, timeZone, day);
      day += 1;
      dayStart = startOfLocalDay(timeZone, day);
    }
    return found;
  };
}

function nextEdge(interval: Interval, after: number): number {
  if (interval.from > after) return interval.from;
  return interval.until > after ? interval.until : Number.POSITIVE_INFINITY;
}

function highest(open: readonly PeakInstance[], at: number): Peak | undefined {
  let best: Peak | undefined;
  for (const { peak, from, until } of open) {
    if (from <= at && at < until && (best === undefined || peak.multiplier > best.multiplier)) best = peak;
  }
  return best;
}
