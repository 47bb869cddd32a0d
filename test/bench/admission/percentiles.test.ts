import { describe, expect, it } from 'vitest';
import { medianInterval, percentile } from './percentiles.ts';

describe('percentile', () => {
  it('is the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.99, 1].map((share) => percentile(samples, share))).toEqual([50, 99, 100]);
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe('medianInterval', () => {
  it('is the 40th and the 61st of 100, and both ends of a few', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(medianInterval(samples)).toEqual({ from: 40, to: 61 });
    expect(medianInterval([3, 1, 2])).toEqual({ from: 1, to: 3 });
  });

  it('holds the true median in 95 of 100 cases, about', () => {
    // Samples of a lopsided distribution whose median is ln 2, from a fixed sequence.
    let state = 1;
    const uniform = (): number => {
      state = (state * 48271) % 0x7fffffff;
      return state / 0x7fffffff;
    };
    const holds = Array.from({ length: 2_000 }, () => {
      const { from, to } = medianInterval(Array.from({ length: 30 }, () => -Math.log(uniform())));
      return from <= Math.LN2 && Math.LN2 <= to;
    }).filter(Boolean).length;
    expect(holds / 2_000).toBeGreaterThan(0.94);
  });
});
