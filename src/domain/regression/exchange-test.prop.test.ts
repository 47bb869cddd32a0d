import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Evidence, exchangeZ, largestZ, meanOf } from './exchange-test.ts';

const value = fc.double({ min: 0, max: 1, noNaN: true });
/** Values of up to seven pods, of which the first are old; small enough to deal them in every way. */
const dealt = fc
  .array(value, { minLength: 2, maxLength: 7 })
  .chain((values) => fc.tuple(fc.constant(values), fc.integer({ min: 1, max: values.length - 1 })));

/** Every way to choose so many of the values as the old ones. */
function deals(values: readonly number[], old: number): [number[], number[]][] {
  const masks = Array.from({ length: 2 ** values.length }, (_, mask) => mask);
  return masks
    .map((mask): [number[], number[]] => [
      values.filter((_, index) => mask & (1 << index)),
      values.filter((_, index) => !(mask & (1 << index))),
    ])
    .filter(([chosen]) => chosen.length === old);
}

it('whatever the values are, chance alone gives 0 in the mean, and less with a margin', () => {
  fc.assert(
    fc.property(dealt, fc.double({ min: 0, max: 2, noNaN: true }), ([values, old], margin) => {
      const zs = (by: number): number[] => deals(values, old).map(([a, b]) => exchangeZ(a, b, by));
      expect(Math.abs(meanOf(zs(0)))).toBeLessThan(1e-6);
      expect(meanOf(zs(margin))).toBeLessThan(1e-6);
      for (const z of zs(margin)) expect(Math.abs(z)).toBeLessThanOrEqual(largestZ(values.length));
    }),
  );
});

it('the capital that chance is expected to have never rises, whatever happened before', () => {
  const rounds = fc.array(dealt, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      rounds,
      dealt,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (before, [values, old], margin) => {
        const after = (last: (evidence: Evidence) => void): number => {
          const evidence = new Evidence();
          for (const [all, chosen] of before)
            evidence.add(exchangeZ(all.slice(0, chosen), all.slice(chosen)), largestZ(all.length));
          last(evidence);
          return evidence.capital;
        };
        const capital = after(() => {});
        const next = deals(values, old).map(([a, b]) =>
          after((evidence) => evidence.add(exchangeZ(a, b, margin), largestZ(values.length))),
        );
        expect(meanOf(next)).toBeLessThanOrEqual(capital * (1 + 1e-6));
      },
    ),
  );
});

it('a capital is never spent, and never more than doubles in a round', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 200 }), (zs) => {
      const evidence = new Evidence();
      for (const z of zs) {
        const before = evidence.capital;
        evidence.add(z, 1);
        expect(evidence.capital).toBeGreaterThanOrEqual(0);
        expect(evidence.capital).toBeLessThanOrEqual(2 * before);
      }
    }),
  );
});
