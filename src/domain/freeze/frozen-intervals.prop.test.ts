import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from '../calendar/interval.ts';
import { frozenIntervals } from './frozen-intervals.ts';
import type { WeddingAtRisk } from './protected-weddings.ts';

/** Small numbers: every edge meets every other. */
const span = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]): Interval => ({ from, until: from + length }));

const wedding = fc
  .record({
    on: span,
    before: fc.nat(6),
    after: fc.nat(6),
    people: fc.integer({ min: 1, max: 5 }),
    cut: fc.nat(4),
  })
  .map(({ on, before, after, people, cut }): WeddingAtRisk => {
    const near = { from: on.from - before, until: on.until + after };
    // A wedding that is not on a protected day is protected in a part of its time only, or not at all.
    const protectedPart = { from: near.from + cut, until: near.until };
    return {
      id: 'w',
      people,
      near,
      on,
      protected: cut === 4 ? [] : protectedPart.from < protectedPart.until ? [protectedPart] : [],
    };
  });

const calendar = fc.record({
  weddings: fc.array(wedding, { maxLength: 6 }),
  manual: fc.array(span, { maxLength: 3 }),
  allow: fc.array(span, { maxLength: 3 }),
  minActiveWeddings: fc.integer({ min: 1, max: 3 }),
  minPeopleAtRisk: fc.integer({ min: 1, max: 8 }),
});

const has = (intervals: readonly Interval[], at: number) =>
  intervals.some(({ from, until }) => from <= at && at < until);

describe('frozenIntervals', () => {
  it('follow the precedence: manual windows and weddings that are on, then allow windows, then margins', () => {
    fc.assert(
      fc.property(calendar, ({ weddings, manual, allow, ...thresholds }) => {
        const { frozen, margins } = frozenIntervals(thresholds, weddings, { manual, allow });
        for (let at = -10; at < 70; at += 1) {
          const protecting = weddings.filter((each) => has(each.protected, at));
          const isCrowded =
            protecting.length >= thresholds.minActiveWeddings &&
            protecting.reduce((sum, { people }) => sum + people, 0) >= thresholds.minPeopleAtRisk;
          const isOn = isCrowded && protecting.some(({ on }) => has([on], at));
          const byWeddings = isOn || (isCrowded && !has(allow, at));
          expect(has(frozen, at)).toBe(has(manual, at) || byWeddings);
          expect(has(margins, at)).toBe(byWeddings && !isOn && !has(manual, at));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('are disjoint, in order, of some length, and do not touch', () => {
    fc.assert(
      fc.property(calendar, ({ weddings, manual, allow, ...thresholds }) => {
        const { frozen } = frozenIntervals(thresholds, weddings, { manual, allow });
        for (const [index, { from, until }] of frozen.entries()) {
          expect(from).toBeLessThan(until);
          expect(frozen[index + 1]?.from ?? Number.POSITIVE_INFINITY).toBeGreaterThan(until);
        }
      }),
    );
  });
});
