import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Interval, mergeIntervals, subtractIntervals } from '../calendar/interval.ts';
import { argoSyncWindows, karpenterBudgets } from './export-windows.ts';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);

/** What a schedule and a duration mean in the year of an instant: cron fields in UTC, Go's form of a duration. */
function readBack(
  { schedule = '', duration = '' }: { schedule?: string; duration?: string },
  year: number,
): Interval {
  const fields = /^([0-9]|[1-5][0-9]) ([0-9]|1[0-9]|2[0-3]) ([1-9]|[12][0-9]|3[01]) ([1-9]|1[0-2]) \*$/.exec(
    schedule,
  );
  // The pattern that Karpenter's schema has for durations; Argo CD takes more.
  expect(duration).toMatch(/^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$/);
  const [minute, hour, day, month] = (fields ?? []).slice(1).map(Number) as [number, number, number, number];
  const hours = Number(/([0-9]+)h/.exec(duration)?.[1] ?? 0);
  const minutes = Number(/([0-9]+)m/.exec(duration)?.[1] ?? 0);
  const from = Date.UTC(year, month - 1, day, hour, minute);
  return { from, until: from + (hours * 60 + minutes) * MINUTE };
}

const WINDOWS = [
  { from: at('2027-06-05T07:30:00Z'), until: at('2027-06-06T04:00:00Z') },
  { from: at('2027-12-31T20:00:00Z'), until: at('2028-01-03T08:00:00Z') },
];

describe('argoSyncWindows', () => {
  it('denies syncs into the namespace, in UTC', () => {
    expect(argoSyncWindows(new Map([['weddings', WINDOWS]]))).toEqual([
      {
        kind: 'deny',
        schedule: '30 7 5 6 *',
        duration: '20h30m',
        timeZone: 'UTC',
        namespaces: ['weddings'],
        manualSync: false,
      },
      {
        kind: 'deny',
        schedule: '0 20 31 12 *',
        duration: '60h',
        timeZone: 'UTC',
        namespaces: ['weddings'],
        manualSync: false,
      },
    ]);
  });

  it('are one for all namespaces that share schedule and duration, as Argo CD up to 3.1 wants it', () => {
    const [june, newYear] = WINDOWS;
    const windows = argoSyncWindows(
      new Map([
        ['one', WINDOWS],
        ['two', [june ?? newYear].flatMap((window) => window ?? [])],
      ]),
    );
    expect(windows.map(({ schedule, namespaces }) => [schedule, namespaces])).toEqual([
      ['30 7 5 6 *', ['one', 'two']],
      ['0 20 31 12 *', ['one']],
    ]);
  });

  it('are for some Applications of the namespace only, on request', () => {
    const [first] = argoSyncWindows(new Map([['weddings', WINDOWS]]), ['crews-*']);
    expect(first).toMatchObject({ namespaces: ['weddings'], applications: ['crews-*'], andOperator: true });
  });

  it('read back are the windows', () => {
    const span = fc
      .tuple(
        fc.integer({ min: at('2027-01-01T00:00:00Z'), max: at('2027-12-20T00:00:00Z') }),
        fc.integer({ min: 1, max: 5000 }),
      )
      .map(([from, length]) => ({ from, until: from + length * 30_000 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 20 }), (given) => {
        const read = argoSyncWindows(new Map([['n', given]])).map((each) => readBack(each, 2027));
        // Nothing is lost, and no more than the rest of a minute is added on each side.
        expect(subtractIntervals(mergeIntervals(given), mergeIntervals(read))).toEqual([]);
        for (const { from, until } of subtractIntervals(mergeIntervals(read), mergeIntervals(given))) {
          expect(until - from).toBeLessThanOrEqual(2 * MINUTE);
        }
      }),
    );
  });
});

describe('karpenterBudgets', () => {
  it('allows no node to go in a window, and a tenth at other times as without budgets', () => {
    expect(karpenterBudgets(WINDOWS)).toEqual([
      { nodes: '10%' },
      { nodes: '0', schedule: '30 7 5 6 *', duration: '20h30m' },
      { nodes: '0', schedule: '0 20 31 12 *', duration: '60h' },
    ]);
    expect(karpenterBudgets([])).toEqual([{ nodes: '10%' }]);
  });

  it('fits into 50 budgets and loses nothing', () => {
    const windows = Array.from({ length: 120 }, (_, index) => {
      const from = at('2027-06-01T00:00:00Z') + index * 12 * 60 * MINUTE;
      return { from, until: from + (1 + (index % 5)) * 60 * MINUTE };
    });
    const [, ...budgets] = karpenterBudgets(windows);
    expect(budgets).toHaveLength(49);
    const read = budgets.map((budget) => readBack(budget, 2027));
    expect(subtractIntervals(windows, mergeIntervals(read))).toEqual([]);
  });
});
