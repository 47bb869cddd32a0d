import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ForecastReading, ForecastReplicas } from './forecast-replicas.ts';

const LIMITS = { min: 2, max: 60 };
const CAPACITY = 100;

const load = fc.integer({ min: 0, max: 8000 });
const bounds = fc.option(
  fc.tuple(load, load).map(([a, b]) => ({ lead: Math.min(a, b), hold: Math.max(a, b) })),
  { nil: undefined },
);
const readings = fc.array(fc.record({ load: fc.option(load, { nil: undefined }), bounds }), {
  minLength: 1,
  maxLength: 60,
});

/** Feeds readings 15 s apart; the number of pods follows at once. */
function walk(list: readonly Pick<ForecastReading, 'load' | 'bounds'>[], start = 4): number[] {
  const decider = new ForecastReplicas(CAPACITY, LIMITS);
  let replicas = start;
  return list.map((reading, index) => {
    replicas = decider.decide({ now: index * 15, replicas, ...reading });
    return replicas;
  });
}

describe('ForecastReplicas', () => {
  it('stays a whole number within the limits', () => {
    fc.assert(
      fc.property(readings, (list) => {
        for (const replicas of walk(list)) {
          expect(Number.isInteger(replicas)).toBe(true);
          expect(replicas).toBeGreaterThanOrEqual(LIMITS.min);
          expect(replicas).toBeLessThanOrEqual(LIMITS.max);
        }
      }),
    );
  });

  it('removes nothing while the metric is missing', () => {
    fc.assert(
      fc.property(fc.array(bounds, { minLength: 1, maxLength: 60 }), (list) => {
        const replicas = [4, ...walk(list.map((some) => ({ load: undefined, bounds: some })))];
        expect(replicas).toEqual(replicas.toSorted((a, b) => a - b));
      }),
    );
  });

  it('asks for no fewer pods when a bound or the load is higher', () => {
    const positive = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(
        load,
        bounds,
        positive,
        positive,
        fc.integer({ min: 2, max: 60 }),
        (y, some, more, rise, start) => {
          const [before] = walk([{ load: y, bounds: some }], start);
          const [after] = walk([{ load: y + more, bounds: some }], start);
          // Within the tolerance the number stays, although fewer pods or one more would do.
          expect(after).toBeGreaterThanOrEqual(Math.min(before as number, start));
          if (some === undefined) return;
          const higher = { lead: some.lead + rise, hold: some.hold + rise };
          expect(walk([{ load: y, bounds: higher }], start)[0]).toBeGreaterThanOrEqual(before as number);
        },
      ),
    );
  });

  it('removes no pod within 300 s of a decision that needed it', () => {
    fc.assert(
      fc.property(readings, (list) => {
        const replicas = [4, ...walk(list)];
        for (let index = 1; index < replicas.length; index += 1) {
          const dropped = (replicas[index] as number) < (replicas[index - 1] as number);
          const rose = replicas.findLastIndex(
            (pods, at) => at < index && at > 0 && pods > (replicas[at - 1] as number),
          );
          if (dropped && rose > 0) expect((index - rose) * 15).toBeGreaterThanOrEqual(300);
        }
      }),
    );
  });

  it.each([
    ['nothing is forecast: 70 %', { load: 1400, bounds: undefined }, 20],
    ['a low bound: 85 %', { load: 1400, bounds: { lead: 0, hold: 0 } }, 17],
    ['the bound is higher: 90 % of it', { load: 1400, bounds: { lead: 1801, hold: 1801 } }, 21],
    ['only needed later', { load: 1400, bounds: { lead: 0, hold: 2200 } }, 17],
  ] as const)('%s', (_, reading, expected) => {
    expect(walk([reading], 12)[0]).toBe(expected);
  });

  it('keeps pods that are needed again soon, and the last tenth', () => {
    const quiet = (hold: number) =>
      walk(
        Array.from({ length: 30 }, () => ({ load: 500, bounds: { lead: 500, hold } })),
        20,
      );
    expect(quiet(1100).at(-1)).toBe(13);
    expect(quiet(1700).at(-1)).toBe(20);
    expect(quiet(0).at(-1)).toBe(6);
  });
});
