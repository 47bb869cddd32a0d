import { describe, expect, it } from 'vitest';
import { DampedTrend } from './damped-trend.ts';

function observed(values: readonly number[]): DampedTrend {
  const trend = new DampedTrend();
  for (const value of values) trend.observe(value);
  return trend;
}

describe('DampedTrend', () => {
  it('expects what there was when nothing changes', () => {
    expect(observed([5, 5, 5]).forecast(3)).toBe(5);
    expect(observed([5]).forecast(1)).toBe(5);
    expect(new DampedTrend().forecast(1)).toBe(0);
  });

  it('goes on with a ramp, less with each step', () => {
    const ramp = observed(Array.from({ length: 60 }, (_, step) => 10 * step));
    expect(ramp.forecast(1)).toBeCloseTo(590 + 8, 6);
    expect(ramp.forecast(2)).toBeCloseTo(590 + 8 + 6.4, 6);
    expect(ramp.forecast(100)).toBeCloseTo(590 + 40, 6);
  });
});
