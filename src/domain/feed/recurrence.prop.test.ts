import fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { formatLocalDate, parseLocalDate } from '../calendar/local-time.ts';
import { occurrenceDays, type RecurrenceRule } from './recurrence.ts';

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const FREQUENCIES = ['Daily', 'Weekly', 'Monthly', 'Yearly'] as const;
const start = parseLocalDate('2027-01-30') as number;
const until = start + 1200;

const NOTHING: RecurrenceRule = {
  frequency: 'Daily',
  interval: 1,
  count: undefined,
  until: undefined,
  weekStart: 0,
  months: [],
  monthDays: [],
  weekdays: [],
  positions: [],
};

/** The oracle: the iterator of ical.js, for the rules that it handles. */
function byIcal(rule: RecurrenceRule, start: number, from: number): string[] {
  const parts = [`FREQ=${rule.frequency.toUpperCase()}`, `INTERVAL=${rule.interval}`];
  if (rule.count !== undefined) parts.push(`COUNT=${rule.count}`);
  if (rule.weekdays.length > 0)
    parts.push(`BYDAY=${rule.weekdays.map(({ weekday, nth }) => `${nth || ''}${WEEKDAYS[weekday]}`).join()}`);
  if (rule.months.length > 0) parts.push(`BYMONTH=${rule.months.join()}`);
  if (rule.monthDays.length > 0) parts.push(`BYMONTHDAY=${rule.monthDays.join()}`);
  parts.push(`WKST=${WEEKDAYS[rule.weekStart]}`);
  const iterator = ICAL.Recur.fromString(parts.join(';')).iterator(
    ICAL.Time.fromString(`${formatLocalDate(start)}T14:30:00`, undefined as never),
  );
  const found: string[] = [];
  for (let next = iterator.next(); next; next = iterator.next()) {
    const date = next.toString().slice(0, 10);
    if (date > formatLocalDate(until)) break;
    if (date >= formatLocalDate(from)) found.push(date);
  }
  return found;
}

const weekday = fc.record({ weekday: fc.nat(6), nth: fc.constant(0) });
const nth = fc.record({ weekday: fc.nat(6), nth: fc.constantFrom(1, 2, 4, -1) });
const sometimes = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(values, { maxLength: 2 });
const count = fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined });
const interval = fc.integer({ min: 1, max: 4 });

/** Shapes of rules that ical.js gets right: it loops without end, or invents 30 February, with others. */
const rule: fc.Arbitrary<RecurrenceRule> = fc
  .oneof(
    fc.record({ frequency: fc.constant('Daily' as const), interval, count, weekdays: sometimes(weekday) }),
    fc.record({
      frequency: fc.constant('Weekly' as const),
      interval,
      count,
      weekdays: sometimes(weekday),
      weekStart: fc.constantFrom(0, 6),
    }),
    fc.record({
      frequency: fc.constant('Monthly' as const),
      interval,
      count,
      weekdays: fc.array(nth, { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      frequency: fc.constant('Monthly' as const),
      interval,
      count,
      monthDays: fc.subarray([1, 9, 28, -1], { minLength: 1 }),
    }),
    fc.record({
      frequency: fc.constant('Yearly' as const),
      interval,
      count,
      months: fc.subarray([2, 6, 9], { minLength: 1 }),
      weekdays: fc.array(nth, { minLength: 1, maxLength: 1 }),
    }),
  )
  .map((part) => ({ ...NOTHING, ...part }));

describe('recurrence', () => {
  it('is what ical.js says, for rules that it handles', () => {
    fc.assert(
      fc.property(rule, fc.integer({ min: 0, max: 900 }), (each, after) => {
        // RFC 5545 leaves open what a start means that its own rule does not name.
        const open = { from: start, until, atMost: 5000 };
        const first = occurrenceDays({ ...each, count: undefined }, start, open)?.[0] as number;
        const from = first + after;
        const days = occurrenceDays(each, first, { from, until, atMost: 5000 }) ?? [];
        expect(days.map(formatLocalDate)).toEqual(byIcal(each, first, from));
      }),
      { seed: 20270605, numRuns: 500 },
    );
  });

  it('ends for any rule, in order, without repeats and inside the window', () => {
    const numbers = (min: number, max: number) =>
      fc.array(
        fc.integer({ min, max }).filter((n) => n !== 0),
        { maxLength: 3 },
      );
    const any: fc.Arbitrary<RecurrenceRule> = fc.record({
      frequency: fc.constantFrom(...FREQUENCIES),
      interval: fc.constantFrom(1, 2, 7, 400, 99_999_999),
      count: fc.constantFrom(undefined, 1, 40, 2_000_000_000),
      until: fc.constantFrom(undefined, start - 5, start + 40),
      months: numbers(1, 12),
      monthDays: numbers(-31, 31),
      weekdays: fc.array(fc.record({ weekday: fc.nat(6), nth: fc.integer({ min: -53, max: 53 }) }), {
        maxLength: 3,
      }),
      positions: numbers(-366, 366),
      weekStart: fc.nat(6),
    });
    fc.assert(
      fc.property(any, (each) => {
        const days = occurrenceDays(each, start, { from: start + 100, until, atMost: 2000 }) ?? [];
        expect(days).toEqual([...new Set(days)].sort((a, b) => a - b));
        for (const day of days) expect(day >= start + 100 && day <= until).toBe(true);
      }),
      { seed: 20270605, numRuns: 500 },
    );
  });

  it('finds no 30 February, and not more than it is asked for', () => {
    const february = { ...NOTHING, months: [2], monthDays: [30] };
    for (const frequency of ['Daily', 'Monthly', 'Yearly'] as const)
      expect(
        occurrenceDays({ ...february, frequency }, start, {
          from: start,
          until: start + 1_000_000,
          atMost: 9,
        }),
      ).toEqual([]);
    expect(occurrenceDays(NOTHING, start, { from: start, until, atMost: 9 })).toBeUndefined();
  });
});
