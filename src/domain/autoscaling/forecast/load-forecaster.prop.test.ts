import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadForecaster } from './load-forecaster.ts';

const HOURLY = { stepSeconds: 3600, horizon: 3, coverage: 0.95 };
const DAY = 24;

const loads = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 1000 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  { minLength: 6 * DAY, maxLength: 8 * DAY },
);

/** Everything that a forecaster said after each of the first `steps` steps. */
function said(values: readonly number[], steps: number) {
  const forecaster = new LoadForecaster(HOURLY);
  return values.slice(0, steps).map((value) => {
    forecaster.observe(value);
    return [1, 2, 3].map((ahead) => ({
      expected: forecaster.expected(ahead),
      bound: forecaster.bound(ahead),
    }));
  });
}

describe('LoadForecaster', () => {
  it('says nothing that depends on a later value', () => {
    fc.assert(
      fc.property(loads, loads, fc.integer({ min: 1, max: 6 * DAY }), (past, future, steps) => {
        const other = [...past.slice(0, steps), ...future];
        expect(said(other, steps)).toEqual(said(past, steps));
      }),
      { numRuns: 12 },
    );
  });

  it('is finite, not negative, and bounded from above by its bound', () => {
    fc.assert(
      fc.property(loads, (values) => {
        for (const forecast of said(values, values.length).flat()) {
          expect(forecast.expected).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(forecast.expected)).toBe(true);
          if (forecast.bound !== undefined) expect(forecast.bound).toBeGreaterThanOrEqual(forecast.expected);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('learns a day and a weekend', () => {
    const truth = (step: number): number => {
      const weekend = Math.floor(step / DAY) % 7 >= 5 ? 0.5 : 1;
      return 500 + 400 * weekend * Math.sin((2 * Math.PI * step) / DAY);
    };
    const forecaster = new LoadForecaster(HOURLY);
    let error = 0;
    let naive = 0;
    for (let step = 0; step < 35 * DAY; step += 1) {
      forecaster.observe(truth(step));
      if (step < 28 * DAY) continue;
      error += Math.abs(forecaster.expected(2) - truth(step + 2));
      naive += Math.abs(truth(step) - truth(step + 2));
    }
    expect(error).toBeLessThan(naive / 10);
  });

  it('has no bound until enough forecasts could be checked, and keeps it through a gap', () => {
    const forecaster = new LoadForecaster(HOURLY);
    const observe = (days: number, value: (step: number) => number): void => {
      for (let step = 0; step < days * DAY; step += 1) forecaster.observe(value(step));
    };
    observe(3, (step) => 100 + (step % DAY));
    expect(forecaster.bound(1)).toBeUndefined();
    observe(4, (step) => 100 + (step % DAY));
    expect(forecaster.bound(1)).toBeGreaterThan(90);
    observe(1, () => Number.NaN);
    expect(forecaster.bound(1)).toBeGreaterThan(90);
  });
});
