import { describe, expect, it } from 'vitest';
import { formatInstant } from './instant.ts';
import {
  formatLocalDate,
  localDayAt,
  type Occurrence,
  parseLocalDate,
  parseTimeOfDay,
  resolveLocal,
  startOfLocalDay,
  weekdayOf,
} from './local-time.ts';
import { offsetAt } from './time-zone.ts';

function instant(zone: string, date: string, time: string, occurrence: Occurrence): string {
  return formatInstant(resolveLocal(zone, parseLocalDate(date) as number, parseTimeOfDay(time), occurrence));
}

describe('resolveLocal', () => {
  it.each([
    ['London gap moves forward', 'Europe/London', '2026-03-29', '01:30', 'first', '2026-03-29T01:30:00Z'],
    ['London gap, as an end', 'Europe/London', '2026-03-29', '01:30', 'last', '2026-03-29T01:30:00Z'],
    ['London overlap, start', 'Europe/London', '2026-10-25', '01:30', 'first', '2026-10-25T00:30:00Z'],
    ['London overlap, end', 'Europe/London', '2026-10-25', '01:30', 'last', '2026-10-25T01:30:00Z'],
    [
      'Lord Howe gap of 30 min',
      'Australia/Lord_Howe',
      '2026-10-04',
      '02:15',
      'first',
      '2026-10-03T15:45:00Z',
    ],
    [
      'Lord Howe overlap, start',
      'Australia/Lord_Howe',
      '2026-04-05',
      '01:45',
      'first',
      '2026-04-04T14:45:00Z',
    ],
    ['Lord Howe overlap, end', 'Australia/Lord_Howe', '2026-04-05', '01:45', 'last', '2026-04-04T15:15:00Z'],
    ['a zone without clock changes', 'Asia/Kolkata', '2026-03-29', '01:30', 'first', '2026-03-28T20:00:00Z'],
    ['24:00 is midnight at the end', 'Europe/London', '2026-12-31', '24:00', 'last', '2027-01-01T00:00:00Z'],
    ['Samoa skipped a whole day', 'Pacific/Apia', '2011-12-30', '12:00', 'first', '2011-12-30T22:00:00Z'],
  ] as const)('%s', (_, zone, date, time, occurrence, expected) => {
    expect(instant(zone, date, time, occurrence)).toBe(expected);
  });
});

describe('local days', () => {
  it.each([
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z'],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z'],
  ])('begin at 01:00 where midnight is skipped: %s', (zone, date, expected) => {
    expect(formatInstant(startOfLocalDay(zone, parseLocalDate(date) as number))).toBe(expected);
  });

  it('know their weekday, before 1970 as well', () => {
    expect(weekdayOf(parseLocalDate('2027-06-05') as number)).toBe('Saturday');
    expect(weekdayOf(parseLocalDate('2028-02-29') as number)).toBe('Tuesday');
    expect(weekdayOf(parseLocalDate('1969-12-31') as number)).toBe('Wednesday');
  });

  it('refuse what the calendar does not have', () => {
    expect(['2027-02-30', '2027-02-29', '2027-04-31', '2027-13-01'].map(parseLocalDate)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(formatLocalDate(parseLocalDate('2028-02-29') as number)).toBe('2028-02-29');
  });

  it('are those of the zone', () => {
    const day = localDayAt('Pacific/Auckland', Date.parse('2027-06-04T13:00:00Z'));
    expect(formatLocalDate(day)).toBe('2027-06-05');
  });
});

describe('offsetAt', () => {
  it('depends on the zone and refuses unknown ones', () => {
    expect(() => offsetAt('Europe/Londn', 0)).toThrow('unknown time zone Europe/Londn');
    expect(offsetAt('Asia/Kathmandu', 0)).toBe(5.5 * 3_600_000);
  });
});
