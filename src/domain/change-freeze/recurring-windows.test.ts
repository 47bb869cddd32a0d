import { describe, expect, it } from 'vitest';
import type { RecurringWindow } from '../../api/v1alpha1/change-freeze.ts';
import { formatInstant } from '../calendar/instant.ts';
import { occurrencesOf, refuseJoined, refuseRecurring } from './recurring-windows.ts';

const weekend = (more: Partial<RecurringWindow> = {}): RecurringWindow => ({
  name: 'weekend',
  start: '2027-01-08T17:00',
  rule: 'FREQ=WEEKLY;BYDAY=FR',
  duration: '63h',
  reason: 'the office is closed',
  ...more,
});
const found = (window: RecurringWindow, from: string, until: string, zone = 'UTC'): string[] =>
  occurrencesOf(window, zone, { from: Date.parse(from), until: Date.parse(until) }).map(
    (each) => `${formatInstant(each.from)}/${formatInstant(each.until)}`,
  );

describe('occurrencesOf', () => {
  it('finds the window that is on and those that begin in the span, none before the start', () => {
    expect(found(weekend(), '2027-01-10T00:00:00Z', '2027-01-23T00:00:00Z')).toEqual([
      '2027-01-08T17:00:00Z/2027-01-11T08:00:00Z',
      '2027-01-15T17:00:00Z/2027-01-18T08:00:00Z',
      '2027-01-22T17:00:00Z/2027-01-25T08:00:00Z',
    ]);
    expect(found(weekend(), '2026-01-01T00:00:00Z', '2027-01-08T17:00:00Z')).toEqual([]);
  });

  it('keeps the local time of its start and its length to the second when clocks change', () => {
    const span = ['2027-03-20T00:00:00Z', '2027-03-27T18:00:00Z'] as const;
    expect(found(weekend({ timeZone: 'Europe/London' }), ...span)).toEqual([
      '2027-03-19T17:00:00Z/2027-03-22T08:00:00Z',
      '2027-03-26T17:00:00Z/2027-03-29T08:00:00Z',
    ]);
    expect(found(weekend(), '2027-04-01T00:00:00Z', '2027-04-03T00:00:00Z', 'Europe/London')).toEqual([
      '2027-04-02T16:00:00Z/2027-04-05T07:00:00Z',
    ]);
  });

  it.each([
    ['UNTIL of a day is inclusive', 'FREQ=DAILY;UNTIL=20270109', 2],
    ['UNTIL of an instant too', 'FREQ=DAILY;UNTIL=20270109T170000Z', 2],
    ['but not before the time of day', 'FREQ=DAILY;UNTIL=20270109T165959Z', 1],
    ['a local UNTIL', 'FREQ=DAILY;UNTIL=20270110T170000', 3],
    ['COUNT', 'RRULE:FREQ=DAILY;COUNT=4', 4],
    ['a day that no year has', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 0],
  ])('understands the end of a rule: %s', (_what, rule, count) => {
    const window = weekend({ rule, duration: '1h' });
    expect(found(window, '2027-01-01T00:00:00Z', '2027-02-01T00:00:00Z')).toHaveLength(count);
  });
});

describe('refuseRecurring', () => {
  it.each([
    [{ timeZone: 'Not/AZone' }, 'UnknownTimeZone'],
    [{ start: '2027-02-30T00:00' }, 'InvalidFreezeWindow'],
    [{ rule: 'every Friday' }, 'InvalidRecurrence'],
    [{ rule: 'FREQ=HOURLY' }, 'InvalidRecurrence'],
    [{ rule: 'FREQ=DAILY;BYHOUR=3' }, 'InvalidRecurrence'],
    [{ rule: 'FREQ=DAILY;UNTIL=tomorrow' }, 'InvalidRecurrence'],
    [{ rule: 'FREQ=DAILY', duration: '24h' }, 'EndlessFreeze'],
    [{ rule: 'FREQ=DAILY;BYMONTH=6,7,8', duration: '24h' }, 'EndlessFreeze'],
  ])('refuses %j: %s', (more, reason) => {
    expect(refuseRecurring(weekend(more), 'UTC')).toMatchObject({ reason });
  });

  it('takes what leaves gaps, and what goes on for a month at most', () => {
    expect(refuseRecurring(weekend(), 'Europe/London')).toBeUndefined();
    expect(refuseRecurring(weekend({ rule: 'FREQ=DAILY;COUNT=31', duration: '24h' }), 'UTC')).toBeUndefined();
  });
});

describe('refuseJoined', () => {
  const [start, timeZone] = ['2027-01-08T00:00', 'Europe/London'];
  const workdays = weekend({ name: 'workdays', start, rule: 'FREQ=WEEKLY;BYDAY=MO', duration: '96h' });
  const rest = (more: Partial<RecurringWindow>) => weekend({ start, rule: 'FREQ=WEEKLY;BYDAY=FR', ...more });

  it('refuses windows that fill the gaps of each other', () => {
    expect(refuseJoined([workdays, rest({ duration: '72h' })], timeZone)).toMatchObject({
      reason: 'EndlessFreeze',
    });
    expect(
      refuseJoined([workdays, rest({ start: '2031-01-03T00:00', duration: '72h' })], 'UTC'),
    ).toMatchObject({
      reason: 'EndlessFreeze',
    });
  });

  it('takes those that leave a gap each week, and those that fill the gaps once', () => {
    expect(refuseJoined([workdays, rest({ duration: '71h' })], timeZone)).toBeUndefined();
    const once = rest({ rule: 'FREQ=WEEKLY;BYDAY=FR;COUNT=3', duration: '72h' });
    expect(refuseJoined([workdays, once], timeZone)).toBeUndefined();
  });
});
