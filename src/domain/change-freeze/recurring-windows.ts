import type { RecurringWindow } from '../../api/v1alpha1/change-freeze.ts';
import { parseDuration } from '../calendar/duration.ts';
import { isIanaTimeZone, zoneRefusal } from '../calendar/iana-zone.ts';
import { type Interval, mergeIntervals } from '../calendar/interval.ts';
import {
  localDayAt,
  MS_A_DAY,
  MS_A_MINUTE,
  parseLocalDate,
  parseTimeOfDay,
  resolveLocal,
} from '../calendar/local-time.ts';
import { offsetAt } from '../calendar/time-zone.ts';
import { occurrenceDays, type RecurrenceRule } from '../feed/recurrence.ts';
import { type RuleValue, ruleOf } from '../feed/rule-value.ts';
import { UnusableEvent } from '../feed/unusable-event.ts';
import type { NamedInterval } from '../freeze/spec-windows.ts';

/** A rule names whole days, and no span that is looked at has more of them. */
const MAX_OCCURRENCES = 400;
/** Within a year a rule has shown whether it leaves gaps, also one of some months. With the longest window, in fewer days than {@link MAX_OCCURRENCES}. */
const TRIAL_MS = 364 * MS_A_DAY;
/** As long as a manual window may be, with an hour or two for clocks that go back. */
export const LONGEST_STRETCH_MS = 31 * MS_A_DAY + 2 * 3_600_000;
const UNTIL = /^(\d{4})(\d\d)(\d\d)(?:T([01]\d|2[0-3])([0-5]\d)([0-5]\d)(Z?))?$/;

export interface RecurringRefusal {
  reason: 'UnknownTimeZone' | 'InvalidFreezeWindow' | 'InvalidRecurrence' | 'EndlessFreeze';
  message: string;
}

/** Why a recurring window cannot be used, in what no schema can express; undefined when it can. */
export function refuseRecurring(window: RecurringWindow, timeZone: string): RecurringRefusal | undefined {
  const zone = window.timeZone ?? timeZone;
  if (!isIanaTimeZone(zone)) return { reason: 'UnknownTimeZone', message: zoneRefusal(zone) };
  const startDay = parseLocalDate(window.start.slice(0, 10));
  if (startDay === undefined) {
    return { reason: 'InvalidFreezeWindow', message: `${window.start} is not a day of the calendar` };
  }
  try {
    ruleIn(window, zone);
  } catch (error) {
    if (error instanceof UnusableEvent) return { reason: 'InvalidRecurrence', message: error.message };
    throw error;
  }
  return refuseStretches([window], timeZone);
}

/**
 * Why recurring windows cannot be used together: each leaves gaps that the others fill.
 *
 * @param windows accepted by {@link refuseRecurring}
 */
export function refuseJoined(
  windows: readonly RecurringWindow[],
  timeZone: string,
): RecurringRefusal | undefined {
  return windows.length < 2 ? undefined : refuseStretches(windows, timeZone);
}

/** Looks at a year from the day on which the last of the windows may begin. */
function refuseStretches(
  windows: readonly RecurringWindow[],
  timeZone: string,
): RecurringRefusal | undefined {
  const from = Math.max(
    ...windows.map((window) => {
      const startDay = parseLocalDate(window.start.slice(0, 10)) as number;
      return resolveLocal(window.timeZone ?? timeZone, startDay, 0, 'first');
    }),
  );
  const span = { from, until: from + TRIAL_MS };
  const stretches = mergeIntervals(windows.flatMap((window) => occurrencesOf(window, timeZone, span)));
  if (stretches.every((each) => each.until - each.from <= LONGEST_STRETCH_MS)) return undefined;
  return {
    reason: 'EndlessFreeze',
    message:
      'its windows join to a freeze of more than 31 days; at most 31 at a stretch leave time for patches',
  };
}

/**
 * The windows of a rule that overlap a span of time, in order. A window lasts for its duration to the second, also in a night
 * in which clocks change.
 *
 * @param window accepted by {@link refuseRecurring}
 */
export function occurrencesOf(window: RecurringWindow, timeZone: string, span: Interval): NamedInterval[] {
  const { name, reason } = window;
  const zone = window.timeZone ?? timeZone;
  const startDay = parseLocalDate(window.start.slice(0, 10)) as number;
  const minutes = parseTimeOfDay(window.start.slice(11));
  const length = parseDuration(window.duration);
  // A day more on each side for the offset of the zone.
  const days = {
    from: localDayAt(zone, span.from - length) - 1,
    until: localDayAt(zone, span.until) + 1,
    atMost: MAX_OCCURRENCES,
  };
  return (occurrenceDays(ruleIn(window, zone), startDay, days) ?? [])
    .map((day) => resolveLocal(zone, day, minutes, 'first'))
    .map((from) => ({ name, reason, from, until: from + length }))
    .filter(({ from, until }) => until > span.from && from < span.until);
}

/** @throws {UnusableEvent} InvalidRecurrence */
function ruleIn({ start, rule: text }: RecurringWindow, zone: string): RecurrenceRule {
  const minutes = parseTimeOfDay(start.slice(11));
  const { until, ...rule } = ruleOf(text.replace(/^RRULE:/i, ''), minutes);
  return { ...rule, until: until === undefined ? undefined : lastDay(until, zone, minutes) };
}

/** The last day on which a window may begin; UNTIL is inclusive. */
function lastDay(until: RuleValue['until'] & string, zone: string, minutesOfDay: number): number {
  const [, year, month, date, hours, minutes, seconds, utc] = UNTIL.exec(until) ?? [];
  const day = parseLocalDate(`${year}-${month}-${date}`);
  if (day === undefined) throw new UnusableEvent('InvalidRecurrence', `RRULE: UNTIL=${until} is no time`);
  if (hours === undefined) return day;
  const wall = day * MS_A_DAY + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  const local = utc === 'Z' ? wall + offsetAt(zone, wall) : wall;
  return Math.floor((local - minutesOfDay * MS_A_MINUTE) / MS_A_DAY);
}
