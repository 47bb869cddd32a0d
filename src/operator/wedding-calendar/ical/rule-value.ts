import { UnusableEvent } from '../../../domain/feed/feed-event.ts';
import type { RecurrenceRule, RuleWeekday } from '../../../domain/feed/recurrence.ts';

const FREQUENCIES: Record<string, RecurrenceRule['frequency']> = {
  DAILY: 'Daily',
  WEEKLY: 'Weekly',
  MONTHLY: 'Monthly',
  YEARLY: 'Yearly',
};
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** Parts that speak of the time of day, or of weeks and days of the year. */
const NOT_UNDERSTOOD = ['byhour', 'byminute', 'bysecond', 'byyearday', 'byweekno'];
const MAX_INTERVAL = 1000;

/** A rule whose UNTIL is still text. */
export type RuleValue = Omit<RecurrenceRule, 'until'> & { until: string | undefined };

/**
 * A rule as RFC 7265 has it.
 *
 * @throws {UnusableEvent} InvalidRecurrence
 */
export function ruleOf(value: unknown): RuleValue {
  const parts = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const frequency = FREQUENCIES[textOf(parts.freq)];
  if (frequency === undefined) throw invalid(`FREQ=${textOf(parts.freq)}`);
  for (const part of NOT_UNDERSTOOD) if (parts[part] !== undefined) throw invalid(part.toUpperCase());
  const weekdays = list(parts.byday).map(weekdayOf);
  const counted = frequency === 'Monthly' || frequency === 'Yearly';
  if (!counted && weekdays.some(({ nth }) => nth !== 0)) throw invalid('BYDAY with a number');
  const monthDays = numbers(parts.bymonthday, 'BYMONTHDAY', -31, 31);
  if (frequency === 'Weekly' && monthDays.length > 0) throw invalid('BYMONTHDAY of a week');
  return {
    ...{ frequency, weekdays, monthDays },
    interval: numbers(parts.interval, 'INTERVAL', 1, MAX_INTERVAL)[0] ?? 1,
    count: numbers(parts.count, 'COUNT', 1, Number.MAX_SAFE_INTEGER)[0],
    until: parts.until === undefined ? undefined : textOf(parts.until),
    months: numbers(parts.bymonth, 'BYMONTH', 1, 12),
    positions: numbers(parts.bysetpos, 'BYSETPOS', -366, 366),
    weekStart: weekStart(parts.wkst),
  };
}

/** ical.js counts days of the week from 1, Sunday, here. */
function weekStart(value: unknown): number {
  if (typeof value === 'number') return (value + 5) % 7;
  const index = WEEKDAYS.indexOf(textOf(value ?? 'MO'));
  if (index < 0) throw invalid('WKST');
  return index;
}

function weekdayOf(value: unknown): RuleWeekday {
  const [, nth, day] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(textOf(value)) ?? [];
  if (day === undefined) throw invalid(`BYDAY=${textOf(value).slice(0, 20)}`);
  return { weekday: WEEKDAYS.indexOf(day), nth: Number(nth ?? 0) };
}

function numbers(value: unknown, part: string, min: number, max: number): number[] {
  return list(value).map((each) => {
    const number = Number(each);
    if (!Number.isInteger(number) || number < min || number > max || (min < 0 && number === 0))
      throw invalid(part);
    return number;
  });
}

/** Parts are text or numbers; anything else is nothing that a rule knows. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
}

function list(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function invalid(part: string): UnusableEvent {
  return new UnusableEvent('InvalidRecurrence', `RRULE: ${part} is not understood`);
}
