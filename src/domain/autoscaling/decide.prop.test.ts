import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { ceilProduct } from './ceil-product.ts';
import { decideReplicas } from './decide.ts';

/** Multipliers as people write them: up to four decimals. Kept as integers, so that the oracle is exact. */
const tenThousandths = fc.integer({ min: 1, max: 1_000_000 });

const zone = fc.constantFrom('Europe/London', 'Australia/Lord_Howe', 'America/New_York', 'Asia/Kathmandu');
const instant = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);

const spec = fc
  .record({
    timeZone: zone,
    baselineReplicas: fc.integer({ min: 1, max: 100 }),
    limits: fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 })),
    season: tenThousandths,
    peaks: fc.array(fc.record({ from: time, to: time, multiplier: tenThousandths }), { maxLength: 3 }),
    mode: fc.constantFrom('Multipliers' as const, 'ScaleOutOnly' as const, 'ForecastOnly' as const),
  })
  .map(({ timeZone, baselineReplicas, limits, season, peaks, mode }) =>
    presenceClusterSpec.parse({
      timeZone,
      scaling: {
        mode,
        baselineReplicas,
        minReplicas: Math.min(...limits),
        maxReplicas: Math.max(...limits),
        seasonMultipliers: Object.fromEntries(
          Array.from({ length: 12 }, (_, month) => [String(month + 1), season / 10_000]),
        ),
        peaks: peaks.map((peak) => ({ ...peak, multiplier: peak.multiplier / 10_000 })),
      },
    }),
  );

describe('ceilProduct', () => {
  it('is exact', () => {
    const baseline = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(baseline, tenThousandths, tenThousandths, (base, season, peak) => {
        const exact = BigInt(base) * BigInt(season) * BigInt(peak);
        const expected = (exact + 99_999_999n) / 100_000_000n;
        expect(ceilProduct([base, season / 10_000, peak / 10_000])).toBe(Number(expected));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads exponents, large and small', () => {
    expect(ceilProduct([4, 1e-7])).toBe(1);
    expect(ceilProduct([2, 5e-324])).toBe(1);
    expect(ceilProduct([1e21, 1e-20])).toBe(10);
    expect(ceilProduct([4, 1.0000000000000002])).toBe(5);
  });
});

describe('decideReplicas', () => {
  it('stays within bounds, and its arithmetic recomputes', () => {
    fc.assert(
      fc.property(
        spec,
        instant,
        fc.option(fc.integer({ min: 0, max: 1200 }), { nil: undefined }),
        (s, now, current) => {
          const { minReplicas, maxReplicas, mode } = s.scaling;
          const decision = decideReplicas({ spec: s, now, current });
          expect(decision.floor).toBeGreaterThanOrEqual(minReplicas);
          expect(decision.floor).toBeLessThanOrEqual(maxReplicas);
          expect(decision.desired).toBe(
            mode === 'ScaleOutOnly' ? Math.max(decision.floor, current ?? 0) : decision.floor,
          );
          const { baseline, season, peak } = decision.inputs;
          const printed = /ceil\(([\d.e-]+) × ([\d.e-]+) \(.*?\) × ([\d.e-]+) \(.*?\)\) = (\d+)/.exec(
            decision.because,
          );
          expect(printed?.slice(1, 4).map(Number)).toEqual([baseline, season, peak]);
          expect(ceilProduct([baseline, season, peak])).toBe(Number(printed?.[4]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never falls when baseline grows, and says the same twice', () => {
    fc.assert(
      fc.property(spec, instant, (s, now) => {
        const more = { ...s, scaling: { ...s.scaling, baselineReplicas: s.scaling.baselineReplicas + 1 } };
        const decision = decideReplicas({ spec: s, now });
        expect(decideReplicas({ spec: more, now }).desired).toBeGreaterThanOrEqual(decision.desired);
        expect(decideReplicas({ spec: s, now })).toEqual(decision);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its promise of the next change: the same until then, as announced from then on', () => {
    fc.assert(
      fc.property(spec, instant, fc.double({ min: 0, max: 0.999, noNaN: true }), (s, now, part) => {
        const decision = decideReplicas({ spec: s, now, current: 1 });
        const change = decision.nextChange;
        fc.pre(change !== undefined);
        const at = (ms: number) =>
          decideReplicas({ spec: s, now: new Date(ms), current: decision.desired }).desired;
        const span = change.at.getTime() - now.getTime();
        expect(at(now.getTime() + Math.floor(span * part))).toBe(decision.desired);
        expect(at(change.at.getTime() - 1)).toBe(decision.desired);
        expect(at(change.at.getTime())).toBe(change.expect);
        expect(change.because).not.toBe('');
      }),
      { numRuns: 100 },
    );
  });
});
