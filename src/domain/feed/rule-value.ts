import type { RelatedTime, WallMinutes } from './feed-event.ts';
import type { RecurrenceRule, RuleWeekday } from './recurrence.ts';
import { UnusableEvent } from './unusable-event.ts';

const FREQUENCIES: Record<string, RecurrenceRule['frequency']> = {
  DAILY: 'Daily',
  WEEKLY: 'Weekly',
  MONTHLY: 'Monthly',
  YEARLY: 'Yearly',
};
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const NOT_UNDERSTOOD = ['BYYEARDAY', 'BYWEEKNO'];
const MAX_INTERVAL = 1000;
const MINUTES_AN_HOUR = 60;

/** A rule whose UNTIL is still text. */
export type RuleValue = Omit<RecurrenceRule, 'until'> & { until: string | undefined };
export type RuleWithTime = Omit<RecurrenceRule, 'until'> & { until: RelatedTime | undefined };

/**
 * Reads a rule (RFC 5545 3.3.10).
 *
 * @param minuteOfDay at which the event begins; undefined when it lasts all day. BYHOUR, BYMINUTE and BYSECOND may name only
 * that
 * @throws {UnusableEvent} InvalidRecurrence
 */
export function ruleOf(value: string, minuteOfDay: WallMinutes | undefined): RuleValue {
  const parts = partsOf(value);
  const frequency = FREQUENCIES[(parts.get('FREQ') ?? '').toUpperCase()];
  if (frequency === undefined) throw invalid(`FREQ=${(parts.get('FREQ') ?? '').slice(0, 20)}`);
  for (const part of NOT_UNDERSTOOD) if (parts.has(part)) throw invalid(part);
  checkCalendarScale(parts);
  checkTimeOfDay(parts, minuteOfDay);
  const weekdays = list(parts.get('BYDAY')).map(weekdayOf);
  const counted = frequency === 'Monthly' || frequency === 'Yearly';
  if (!counted && weekdays.some(({ nth }) => nth !== 0)) throw invalid('BYDAY with a number');
  const monthDays = numbers(parts, 'BYMONTHDAY', -31, 31);
  if (frequency === 'Weekly' && monthDays.length > 0) throw invalid('BYMONTHDAY of a week');
  return {
    frequency,
    weekdays,
    monthDays,
    interval: numbers(parts, 'INTERVAL', 1, MAX_INTERVAL)[0] ?? 1,
    count: numbers(parts, 'COUNT', 1, Number.MAX_SAFE_INTEGER)[0],
    until: parts.get('UNTIL'),
    months: numbers(parts, 'BYMONTH', 1, 12),
    positions: numbers(parts, 'BYSETPOS', -366, 366),
    weekStart: weekStart(parts.get('WKST') ?? 'MO'),
  };
}

/** Parts with a value, by name. */
function partsOf(value: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of value.split(';')) {
    const [name = '', text = ''] = part.split('=', 2);
    if (text.trim() !== '') parts.set(name.trim().toUpperCase(), text.trim());
  }
  return parts;
}

/** Months of another calendar, and days that take the place of 30 February, are other days (RFC 7529). */
function checkCalendarScale(parts: ReadonlyMap<string, string>): void {
  const supported = { RSCALE: 'GREGORIAN', SKIP: 'OMIT' };
  for (const [part, value] of Object.entries(supported)) {
    const given = (parts.get(part) ?? value).toUpperCase();
    if (given !== value) throw invalid(`${part}=${given.slice(0, 20)}`);
  }
}

/** A time of day that is the event's own says nothing new; all-day events have none (RFC 5545: it is ignored). */
function checkTimeOfDay(parts: ReadonlyMap<string, string>, minuteOfDay: WallMinutes | undefined): void {
  if (minuteOfDay === undefined) return;
  const expected = {
    BYHOUR: Math.floor(minuteOfDay / MINUTES_AN_HOUR),
    BYMINUTE: minuteOfDay % MINUTES_AN_HOUR,
  };
  for (const [part, number] of Object.entries(expected)) {
    if (list(parts.get(part)).some((given) => Number(given) !== number)) throw invalid(part);
  }
  // Seconds are not kept of the start either.
  if (list(parts.get('BYSECOND')).length > 1) throw invalid('BYSECOND');
}

function weekStart(value: string): number {
  const index = WEEKDAYS.indexOf(value.toUpperCase());
  if (index < 0) throw invalid('WKST');
  return index;
}

function weekdayOf(value: string): RuleWeekday {
  const [, nth, day] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/i.exec(value) ?? [];
  if (day === undefined) throw invalid(`BYDAY=${value.slice(0, 20)}`);
  return { weekday: WEEKDAYS.indexOf(day.toUpperCase()), nth: Number(nth ?? 0) };
}

function numbers(parts: ReadonlyMap<string, string>, part: string, min: number, max: number): number[] {
  return list(parts.get(part)).map((each) => {
    const number = Number(each);
    if (!Number.isInteger(number) || number < min || number > max || (min < 0 && number === 0))
      throw invalid(part);
    return number;
  });
}

function list(value: string | undefined): string[] {
  const items = (value ?? '').split(',').map((each) => each.trim());
  return items.filter((each) => each !== '');
}

function invalid(part: string): UnusableEvent {
  return new UnusableEvent('InvalidRecurrence', `RRULE: ${part} is not understood`);
}
