import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { formatInstant } from './instant.ts';
import { mergeIntervals } from './interval.ts';
import { acceptWedding, weddingInterval } from './wedding-interval.ts';
import { weddingPhase } from './wedding-phase.ts';

const spec = { date: '2027-06-05', timeZone: 'Europe/London', ceremony: '14:30', ends: '01:00' };

function interval(change: Partial<typeof spec>): [string, string] {
  const { ceremony, ends } = weddingInterval({ ...spec, ...change });
  return [formatInstant(ceremony), formatInstant(ends)];
}

describe('weddingInterval', () => {
  it.each([
    ['past midnight', {}, ['2027-06-05T13:30:00Z', '2027-06-06T00:00:00Z']],
    ['the same day', { ends: '23:00' }, ['2027-06-05T13:30:00Z', '2027-06-05T22:00:00Z']],
    ['a whole day', { ends: '14:30' }, ['2027-06-05T13:30:00Z', '2027-06-06T13:30:00Z']],
    [
      'the night clocks go back ends at the second 01:30',
      { date: '2027-10-30', ends: '01:30' },
      ['2027-10-30T13:30:00Z', '2027-10-31T01:30:00Z'],
    ],
    [
      'the night clocks go forward ends at 02:30',
      { date: '2027-03-27', ends: '01:30' },
      ['2027-03-27T14:30:00Z', '2027-03-28T01:30:00Z'],
    ],
    [
      'the new year',
      { date: '2027-12-31', timeZone: 'Pacific/Auckland', ends: '02:00' },
      ['2027-12-31T01:30:00Z', '2027-12-31T13:00:00Z'],
    ],
  ])('%s', (_, change, expected) => {
    expect(interval(change)).toEqual(expected);
  });

  it('keeps its wall-clock length when all of it is skipped', () => {
    expect(interval({ date: '2027-03-28', ceremony: '01:10', ends: '01:50' })).toEqual([
      '2027-03-28T01:10:00Z',
      '2027-03-28T01:50:00Z',
    ]);
    expect(interval({ date: '2027-03-28', ceremony: '01:30', ends: '02:10' })).toEqual([
      '2027-03-28T01:30:00Z',
      '2027-03-28T02:10:00Z',
    ]);
  });

  it('says why a wedding cannot be placed', () => {
    expect(acceptWedding({ ...spec, date: '2027-02-30' })).toMatchObject({
      accepted: false,
      reason: 'InvalidDate',
      message: 'spec.date: 2027-02-30 is not a day of the calendar',
    });
    expect(acceptWedding({ ...spec, timeZone: 'Europe/Londn' })).toMatchObject({
      accepted: false,
      reason: 'UnknownTimeZone',
    });
    expect(() => interval({ date: '2027-02-30' })).toThrow('spec.date');
  });
});

describe('weddingPhase', () => {
  const times = weddingInterval(spec);
  it.each([
    ['Confirmed', '2027-06-05T13:29:59Z', 'Upcoming'],
    ['Confirmed', '2027-06-05T13:30:00Z', 'Active'],
    ['Confirmed', '2027-06-06T00:00:00Z', 'Over'],
    ['Done', '2027-06-05T13:30:00Z', 'Over'],
    ['Cancelled', '2027-06-05T13:30:00Z', 'Cancelled'],
  ] as const)('%s at %s is %s', (state, now, phase) => {
    expect(weddingPhase(state, times, new Date(now))).toBe(phase);
  });
});

describe('parseDuration', () => {
  it('reads hours, minutes and seconds', () => {
    expect(['6h', '90m', '1h30m', '1h0m30s', '0s'].map(parseDuration)).toEqual([
      21_600_000, 5_400_000, 5_400_000, 3_630_000, 0,
    ]);
    expect(() => parseDuration('1d')).toThrow('"1d"');
    expect(() => parseDuration('')).toThrow();
  });
});

describe('mergeIntervals', () => {
  it('unites what overlaps or touches and drops what is empty', () => {
    const intervals = [
      { from: 5, until: 7 },
      { from: 1, until: 3 },
      { from: 3, until: 4 },
      { from: 9, until: 9 },
      { from: 5, until: 6 },
    ];
    expect(mergeIntervals(intervals)).toEqual([
      { from: 1, until: 4 },
      { from: 5, until: 7 },
    ]);
  });
});
