import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import { calendarSegments, monthAt } from '../calendar/calendar-segments.ts';
import type { Interval } from '../calendar/interval.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { seasonMultiplier } from '../calendar/season.ts';
import { ceilProduct } from './ceil-product.ts';
import { calendarFloor } from './fleet-size.ts';

/** A leap year: every month and every peak comes. */
const AHEAD_MS = 366 * MS_A_DAY;
const MONTHS = 12;

/** What the calendar asks for in a segment in which it is more than maxReplicas. */
export interface CalendarAsk {
  /** First moment of the segment, milliseconds since the epoch; not before the moment that was asked about. */
  at: number;
  /** 1 to 12, in the zone of the PresenceCluster. */
  month: number;
  season: number;
  peak: Peak | undefined;
  /** ceil(baseline × season × peak), not clamped. */
  replicas: number;
  /** Pods above maxReplicas, at least 1. */
  cut: number;
}

export interface CalendarExcess {
  first: CalendarAsk;
  /** The highest of the 366 days; the first of several. */
  most: CalendarAsk;
}

type Spec = Pick<PresenceClusterSpec, 'scaling' | 'timeZone'>;

/**
 * When, in the 366 days from `now`, baseline × season × peak is more than maxReplicas, so that pods are cut; undefined
 * when it never is. Only the months in which it can be are walked, and most specs have none.
 *
 * @param spec an accepted one (`acceptSpec`)
 * @throws {RangeError} for an unknown zone
 */
export function calendarExcess(spec: Spec, now: Date): CalendarExcess | undefined {
  if (mostOfMonths(spec) <= spec.scaling.maxReplicas) return undefined;
  const months = monthsAhead(spec.timeZone, now.getTime()).filter(
    ({ month }) => mostOfMonth(spec, month) > spec.scaling.maxReplicas,
  );
  const [first] = months.values().flatMap((span) => asks(spec, span));
  if (first === undefined) return undefined;
  let most = first;
  for (const span of highestMonths(spec, months)) {
    for (const ask of asks(spec, span)) if (ask.replicas > most.replicas) most = ask;
  }
  return { first, most };
}

type Month = Interval & { month: number };

/** The rest of the month that is on and the months after it; the last one ends with the 366 days. */
function monthsAhead(timeZone: string, now: number): Month[] {
  const end = now + AHEAD_MS;
  const months: Month[] = [];
  for (let from = now; from < end; ) {
    const { month, nextMonth } = monthAt(timeZone, from);
    months.push({ month, from, until: Math.min(end, nextMonth) });
    from = nextMonth;
  }
  return months;
}

/**
 * Each peak comes in each month, so the highest number is in a month of the highest season. With a ramp a month has its
 * own factor on a few days only, on which a peak of Sundays may not come.
 */
function highestMonths({ scaling }: Spec, months: readonly Month[]): readonly Month[] {
  if (scaling.seasonRampDays > 0) return months;
  const highest = Math.max(...months.map(({ month }) => seasonMultiplier(scaling, month)));
  return months.filter(({ month }) => seasonMultiplier(scaling, month) === highest);
}

function mostOfMonths(spec: Spec): number {
  return Math.max(...Array.from({ length: MONTHS }, (_, index) => mostOfMonth(spec, index + 1)));
}

/** No moment of the month has more, on its way to the next one either; where peaks below 1 fill the day, all have less. */
function mostOfMonth({ scaling }: Spec, month: number): number {
  const highest = Math.max(1, ...scaling.peaks.map(({ multiplier }) => multiplier));
  const months = scaling.seasonRampDays === 0 ? [month] : [month, (month % MONTHS) + 1];
  const season = Math.max(...months.map((each) => seasonMultiplier(scaling, each)));
  return ceilProduct([scaling.baselineReplicas, season, highest]);
}

function* asks(spec: Spec, { from, until }: Interval): Generator<CalendarAsk, undefined> {
  for (const segment of calendarSegments(spec.scaling, spec.timeZone, from)) {
    if (segment.from >= until) return;
    const { computed: replicas } = calendarFloor(spec, segment);
    const cut = replicas - spec.scaling.maxReplicas;
    if (cut <= 0) continue;
    const { month, season, peak } = segment;
    yield { at: segment.from, month, season, peak, replicas, cut };
  }
}
