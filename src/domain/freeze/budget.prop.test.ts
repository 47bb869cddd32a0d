import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freezeBudget } from '../../api/v1alpha1/freeze-budget.ts';
import { type Interval, mergeIntervals, subtractIntervals } from '../calendar/interval.ts';
import { applyBudget, type BudgetInput } from './budget.ts';
import { starvedPeriods } from './open-time.ts';

/** How much of `[from, until)` the intervals cover, in milliseconds; they do not overlap. */
function coveredMs(intervals: readonly Interval[], from: number, until: number): number {
  return intervals.reduce(
    (sum, interval) => sum + Math.max(0, Math.min(interval.until, until) - Math.max(interval.from, from)),
    0,
  );
}

const HOUR = 3_600_000;
const PERIOD = 48;
const spans = (most: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 30 })), { maxLength: most })
    .map((list) =>
      mergeIntervals(
        list.map(([from, length]): Interval => ({ from: from * HOUR, until: (from + length) * HOUR })),
      ),
    );

const calendar = fc.record({
  frozen: spans(12),
  /** Where a wedding is on, or a manual window: never opened. */
  closed: spans(8),
  minOpen: fc.integer({ min: 0, max: 24 }),
  people: fc.array(fc.nat(20), { minLength: 10, maxLength: 10 }),
});

type Calendar = typeof calendar extends fc.Arbitrary<infer T> ? T : never;

function input({ frozen, closed, minOpen, people }: Calendar, behaviour: 'Warn' | 'Relax'): BudgetInput {
  return {
    frozen,
    margins: subtractIntervals(frozen, closed),
    budget: freezeBudget.parse({ minOpen: `${minOpen}h`, period: `${PERIOD}h`, behaviour }),
    now: 0,
    riskOf: ({ from }) => ({ weddings: 1, people: people[Math.floor(from / HOUR) % 10] as number }),
  };
}

/** The least open time of any period, by trying every hour; edges lie on hours. */
function leastOpen(frozen: readonly Interval[]): number {
  let least = PERIOD * HOUR;
  for (let hour = 1 - PERIOD; hour < 240; hour += 1) {
    const from = hour * HOUR;
    least = Math.min(least, PERIOD * HOUR - coveredMs(frozen, from, from + PERIOD * HOUR));
  }
  return least;
}

describe('the budget', () => {
  it('finds a period that is short exactly when there is one', () => {
    fc.assert(
      fc.property(calendar, (each) => {
        const minOpenMs = each.minOpen * HOUR;
        const found = starvedPeriods(each.frozen, { minOpenMs, periodMs: PERIOD * HOUR }, 0);
        expect(found.length > 0).toBe(leastOpen(each.frozen) < minOpenMs);
        for (const { from, until, openMs } of found) {
          expect(openMs).toBe(PERIOD * HOUR - coveredMs(each.frozen, from, until));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('only warns by default: what was frozen stays frozen', () => {
    fc.assert(
      fc.property(calendar, (each) => {
        const { frozen, verdict } = applyBudget(input(each, 'Warn'));
        expect(frozen).toEqual(each.frozen);
        expect(verdict.opened).toEqual([]);
      }),
    );
  });

  it('opens margins only, and enough of them or all there are', () => {
    fc.assert(
      fc.property(calendar, (each) => {
        const given = input(each, 'Relax');
        const { frozen, verdict } = applyBudget(given);
        const opened = subtractIntervals(each.frozen, frozen);
        expect(opened).toEqual(mergeIntervals(verdict.opened));
        // Nothing of a wedding that is on, or of a manual window.
        expect(subtractIntervals(opened, given.margins)).toEqual([]);
        for (const window of verdict.opened) expect(window.until - window.from).toBeGreaterThanOrEqual(HOUR);
        if (verdict.unmet === undefined) {
          expect(leastOpen(frozen)).toBeGreaterThanOrEqual(each.minOpen * HOUR);
        } else {
          const left = subtractIntervals(given.margins, verdict.opened).flatMap(({ from, until }) => {
            const start = Math.max(from, verdict.unmet?.from ?? 0);
            const end = Math.min(until, verdict.unmet?.until ?? 0);
            return end - start >= HOUR ? [{ start, end }] : [];
          });
          expect(left).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
