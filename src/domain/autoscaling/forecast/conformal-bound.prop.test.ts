import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConformalBound } from './conformal-bound.ts';

const pairs = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1e4, noNaN: true }), fc.double({ min: 0, max: 2e4, noNaN: true })),
  {
    minLength: 100,
    maxLength: 400,
  },
);

function learned(scores: readonly (readonly [number, number])[], coverage = 0.95): ConformalBound {
  const bound = new ConformalBound(coverage, scores.length);
  for (const [expected, actual] of scores) bound.add(expected, actual);
  bound.learn();
  return bound;
}

describe('ConformalBound', () => {
  it('never falls when more is expected, and is never below what is expected', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.array(fc.double({ min: 0, max: 2e4, noNaN: true }), { minLength: 2 }),
        (scores, loads) => {
          const bound = learned(scores);
          const bounds = loads
            .toSorted((a, b) => a - b)
            .map((load) => [load, bound.bound(load) as number] as const);
          for (const [index, [load, upper]] of bounds.entries()) {
            expect(upper).toBeGreaterThanOrEqual(load);
            if (index > 0) expect(upper).toBeGreaterThanOrEqual((bounds[index - 1] as (typeof bounds)[0])[1]);
          }
        },
      ),
    );
  });

  it('never falls at one load when more coverage is wanted', () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0, max: 2e4, noNaN: true }), (scores, load) => {
        const low = learned(scores, 0.8).bound(load) as number;
        const high = learned(scores, 0.95).bound(load) as number;
        expect(high).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it('covers what it promises on exchangeable forecasts, in quiet and in busy times (35)', () => {
    // Errors of busy times are four times as large: a bound that pools all of them covers too few busy times.
    const random = pseudoRandom(7);
    const draw = (): [number, number] => {
      const expected = random() * 1000;
      const width = expected > 900 ? 40 : 10;
      return [expected, expected + width * (random() + random() + random() - 1.5)];
    };
    const bound = learned(Array.from({ length: 4000 }, draw));
    const checks = Array.from({ length: 20_000 }, draw);
    const coverage = (pick: (load: number) => boolean): number => {
      const picked = checks.filter(([expected]) => pick(expected));
      const held = picked.filter(([expected, actual]) => actual <= (bound.bound(expected) as number));
      return held.length / picked.length;
    };
    // Four standard deviations of 4,000 calibration scores, of 400 in the highest tenth.
    expect(coverage(() => true)).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 4000));
    expect(coverage((load) => load > 900)).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 400));
    expect(coverage((load) => load <= 900)).toBeLessThan(0.98);
  });

  it('gives no bound before a hundred forecasts could be checked', () => {
    const few = Array.from({ length: 99 }, () => [10, 12] as const);
    expect(learned(few).bound(10)).toBeUndefined();
    expect(learned([...few, [10, 12]]).bound(10)).toBeGreaterThan(10);
  });

  it('comes back to what it promises when errors grow, long before it has learned them', () => {
    const random = pseudoRandom(11);
    const noise = (width: number): number => width * (random() + random() + random() - 1.5);
    const fixed = learned(Array.from({ length: 4000 }, () => [100, 100 + noise(10)] as const)).bound(
      100,
    ) as number;
    const bound = learned(Array.from({ length: 4000 }, () => [100, 100 + noise(10)] as const));
    // Errors are a quarter larger from now on, and nothing is learned anew.
    const later = Array.from({ length: 3000 }, () => 100 + noise(12.5));
    let held = 0;
    for (const [index, actual] of later.entries()) {
      if (index >= 1000 && actual <= (bound.bound(100) as number)) held += 1;
      bound.add(100, actual);
    }
    const heldFixed = later.slice(1000).filter((actual) => actual <= fixed).length;
    expect(heldFixed / 2000).toBeLessThan(0.92);
    expect(Math.abs(held / 2000 - 0.95)).toBeLessThan(0.02);
  });

  it('forgets the oldest', () => {
    const bound = new ConformalBound(0.95, 200);
    for (let index = 0; index < 200; index += 1) bound.add(100, 500);
    for (let index = 0; index < 200; index += 1) bound.add(100, 100);
    bound.learn();
    expect(bound.bound(100)).toBe(100);
  });
});

/** A small linear congruential generator, so that the test is the same each time. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
