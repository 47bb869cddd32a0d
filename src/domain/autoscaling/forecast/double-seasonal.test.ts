import { describe, expect, it } from 'vitest';
import { DoubleSeasonal, fitDoubleSeasonal } from './double-seasonal.ts';

const SEASONS = { day: 24, week: 168 };
const season = (step: number): number => 100 + 50 * Math.sin((2 * Math.PI * step) / 24);

describe('DoubleSeasonal', () => {
  it('follows its equations', () => {
    const constants = { level: 0.5, daily: 0.2, weekly: 0.1, residual: 0.5 };
    const start = { level: 10, daily: Float64Array.of(1, 2), weekly: Float64Array.of(3, 4, 5, 6) };
    const model = new DoubleSeasonal(constants, { day: 2, week: 4 }, start);
    model.observe(0, 20);
    // Structural 10 + 1 + 3 = 14, error 6: level 13, then 13 + 2 + 4 + 0.5 × 6 a step ahead.
    expect(model.forecast(1)).toBeCloseTo(22, 9);
    // Four steps ahead is the same place: daily 1 + 0.2 × 6, weekly 3 + 0.1 × 6, error 6 × 0.5⁴.
    expect(model.forecast(4)).toBeCloseTo(13 + 2.2 + 3.6 + 0.375, 9);
    model.observe(1, Number.NaN);
    expect(model.forecast(3)).toBeCloseTo(13 + 2.2 + 3.6 + 3 * 0.125, 9);
  });
});

describe('fitDoubleSeasonal', () => {
  it('continues a season, wherever the history begins', () => {
    for (const first of [0, 5 * 24]) {
      const history = Float64Array.from({ length: 21 * 24 }, (_, index) => season(first + index));
      const model = fitDoubleSeasonal(history, first, SEASONS);
      for (const ahead of [1, 6, 12]) {
        expect(model.forecast(ahead)).toBeCloseTo(season(first + history.length - 1 + ahead), 1);
      }
    }
  });

  it('copes with a history that is mostly missing', () => {
    const history = new Float64Array(48).fill(Number.NaN);
    expect(fitDoubleSeasonal(history, 0, SEASONS).forecast(1)).toBe(0);
    history[40] = 7;
    expect(Number.isFinite(fitDoubleSeasonal(history, 0, SEASONS).forecast(1))).toBe(true);
  });
});
