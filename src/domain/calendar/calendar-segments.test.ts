import { describe, expect, it } from 'vitest';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import { type CalendarSegment, calendarSegments, nextBoundary } from './calendar-segments.ts';
import { formatInstant } from './instant.ts';
import { seasonMultiplier } from './season.ts';

const DEFAULT_SEASONS = { seasonProfile: 'Northern' as const, seasonMultipliers: undefined };

/** The spans in which the peak is on, as seen from `from`, up to `until`. */
function peaks(zone: string, peak: Partial<Peak>, from: string, until: string): [string, string][] {
  const tables = { ...DEFAULT_SEASONS, peaks: [{ from: '18:00', to: '20:00', multiplier: 2, ...peak }] };
  const spans: [string, string][] = [];
  for (const segment of calendarSegments(tables, zone, Date.parse(from))) {
    if (segment.from >= Date.parse(until)) break;
    if (segment.peak !== undefined) spans.push([formatInstant(segment.from), formatInstant(segment.until)]);
  }
  return spans;
}

describe('weekly peaks across clock changes (published vectors 1 to 6)', () => {
  it.each([
    [1, 'Europe/London', 'Saturday', '18:00', '01:30', '2026-03-28T18:00:00Z', '2026-03-29T01:30:00Z'],
    [2, 'Europe/Paris', 'Saturday', '18:00', '02:30', '2026-03-28T17:00:00Z', '2026-03-29T01:30:00Z'],
    [3, 'America/New_York', 'Saturday', '18:00', '02:30', '2026-03-07T23:00:00Z', '2026-03-08T07:30:00Z'],
    [4, 'Europe/London', 'Sunday', '01:30', '06:00', '2026-03-29T01:30:00Z', '2026-03-29T05:00:00Z'],
    [5, 'Europe/London', 'Saturday', '18:00', '20:00', '2026-03-28T18:00:00Z', '2026-03-28T20:00:00Z'],
    [6, 'Europe/London', 'Saturday', '18:00', '01:30', '2026-10-24T17:00:00Z', '2026-10-25T01:30:00Z'],
    [8, 'Europe/London', 'Saturday', '18:00', '04:00', '2026-10-24T17:00:00Z', '2026-10-25T04:00:00Z'],
    [9, 'Europe/London', 'Saturday', '18:00', '04:00', '2026-03-28T18:00:00Z', '2026-03-29T03:00:00Z'],
  ] as const)('vector %i: %s %s %s to %s', (_, zone, day, from, to, starts, ends) => {
    const around = [Date.parse(starts) - 3 * 86_400_000, Date.parse(ends) + 3 * 86_400_000] as const;
    expect(
      peaks(zone, { from, to, days: [day] }, formatInstant(around[0]), formatInstant(around[1])),
    ).toEqual([[starts, ends]]);
  });

  it('on Lord Howe, where clocks move by half an hour', () => {
    expect(
      peaks(
        'Australia/Lord_Howe',
        { from: '01:45', to: '02:15' },
        '2026-04-03T15:30:00Z',
        '2026-04-05T00:00:00Z',
      ),
    ).toEqual([['2026-04-04T14:45:00Z', '2026-04-04T15:45:00Z']]);
    expect(
      peaks(
        'Australia/Lord_Howe',
        { from: '02:10', to: '04:00' },
        '2026-10-03T00:00:00Z',
        '2026-10-04T00:00:00Z',
      ),
    ).toEqual([['2026-10-03T15:40:00Z', '2026-10-03T17:00:00Z']]);
  });
});

describe('calendarSegments', () => {
  it('starts inside a peak that began on the day before', () => {
    const spans = peaks(
      'Europe/London',
      { from: '22:00', to: '02:00', days: ['Saturday'] },
      '2027-06-06T00:30:00Z',
      '2027-06-07T00:00:00Z',
    );
    expect(spans).toEqual([['2027-06-06T00:30:00Z', '2027-06-06T01:00:00Z']]);
  });

  it('runs a whole day to 24:00 without a hole', () => {
    const tables = { ...DEFAULT_SEASONS, peaks: [{ from: '00:00', to: '24:00', multiplier: 2 }] };
    const without: CalendarSegment[] = [];
    for (const segment of calendarSegments(tables, 'Europe/London', Date.parse('2026-10-20T00:00:00Z'))) {
      if (segment.from > Date.parse('2027-04-10T00:00:00Z')) break;
      if (segment.peak === undefined) without.push(segment);
    }
    expect(without).toEqual([]);
  });

  it('changes the month at local midnight, over the turn of the year', () => {
    const tables = { ...DEFAULT_SEASONS, peaks: [] };
    const walk = calendarSegments(tables, 'America/New_York', Date.parse('2027-12-15T00:00:00Z'));
    const months = [walk.next().value, walk.next().value, walk.next().value];
    expect(months.map(({ month, until }) => [month, formatInstant(until)])).toEqual([
      [12, '2028-01-01T05:00:00Z'],
      [1, '2028-02-01T05:00:00Z'],
      [2, '2028-03-01T05:00:00Z'],
    ]);
  });

  it('takes the highest of overlapping peaks', () => {
    const tables = {
      ...DEFAULT_SEASONS,
      peaks: [
        { from: '18:00', to: '22:00', multiplier: 2 },
        { from: '19:00', to: '20:00', multiplier: 3 },
      ],
    };
    const walk = calendarSegments(tables, 'UTC', Date.parse('2027-06-05T18:00:00Z'));
    const factors = [walk.next().value, walk.next().value, walk.next().value];
    expect(factors.map((segment) => segment.peak?.multiplier)).toEqual([2, 3, 2]);
  });

  it('names the next boundary strictly after an instant', () => {
    const tables = { ...DEFAULT_SEASONS, peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }] };
    const boundary = nextBoundary(tables, 'Europe/London', new Date('2027-06-05T17:00:00Z'));
    expect(formatInstant(boundary)).toBe('2027-06-05T19:00:00Z');
  });
});

describe('a season with a ramp', () => {
  const tables = { seasonProfile: 'Northern' as const, seasonRampDays: 4, peaks: [] };
  const seasons = (zone: string, from: string, count: number) =>
    calendarSegments(tables, zone, Date.parse(from))
      .take(count)
      .map(({ from: at, season, ramp }) => [formatInstant(at), season, ramp])
      .toArray();

  it('goes to the next month in daily steps at local midnight, across a clock change', () => {
    expect(seasons('Europe/London', '2027-03-20T00:00:00Z', 7)).toEqual([
      ['2027-03-20T00:00:00Z', 1.8, false],
      ['2027-03-28T00:00:00Z', 1.84, true],
      ['2027-03-28T23:00:00Z', 1.88, true],
      ['2027-03-29T23:00:00Z', 1.92, true],
      ['2027-03-30T23:00:00Z', 1.96, true],
      ['2027-03-31T23:00:00Z', 2, false],
      ['2027-04-26T23:00:00Z', 2.1, true],
    ]);
  });

  it('has no steps between months of one factor, and goes down as well as up', () => {
    expect(seasons('UTC', '2027-07-15T00:00:00Z', 3)).toEqual([
      ['2027-07-15T00:00:00Z', 2.8, false],
      ['2027-08-01T00:00:00Z', 2.8, false],
      ['2027-08-28T00:00:00Z', 2.74, true],
    ]);
  });

  it('is whole months long at most, and passes over a day that a zone left out', () => {
    const all = { ...tables, seasonRampDays: 28 };
    const [first] = calendarSegments(all, 'UTC', Date.parse('2027-02-01T00:00:00Z')).take(1);
    expect(first).toMatchObject({ season: 1.41, ramp: true });
    expect(seasons('Pacific/Apia', '2011-12-29T10:00:00Z', 3)).toEqual([
      ['2011-12-29T10:00:00Z', 1.2, false],
      ['2011-12-31T10:00:00Z', 1.2, false],
      ['2012-01-27T10:00:00Z', 1.24, true],
    ]);
  });
});

describe('seasonMultiplier', () => {
  const table = (seasonProfile: 'Northern' | 'Southern') =>
    Array.from({ length: 12 }, (_, index) => seasonMultiplier({ seasonProfile }, index + 1));

  it('has the default tables, the southern one half a year off (33)', () => {
    expect(table('Northern')).toEqual([1.2, 1.4, 1.8, 2, 2.5, 3, 2.8, 2.8, 2.5, 1.5, 1.3, 1.2]);
    expect(table('Southern')).toEqual([2.8, 2.8, 2.5, 1.5, 1.3, 1.2, 1.2, 1.4, 1.8, 2, 2.5, 3]);
  });

  it('prefers months of the spec', () => {
    const own = { seasonProfile: 'Northern' as const, seasonMultipliers: { '6': 3.5 } };
    expect([5, 6].map((month) => seasonMultiplier(own, month))).toEqual([2.5, 3.5]);
  });
});
