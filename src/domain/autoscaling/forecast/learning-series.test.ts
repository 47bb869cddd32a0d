import { describe, expect, it } from 'vitest';
import { learningSeries } from './learning-series.ts';

describe('learningSeries', () => {
  it('keeps steps of five minutes and more', () => {
    const values = Float64Array.of(1, 2, 3);
    expect(learningSeries(values, 300)).toEqual({ firstSeconds: 0, stepSeconds: 300, values });
    expect(learningSeries(values, 1800)).toEqual({ firstSeconds: 0, stepSeconds: 1800, values });
  });

  it('takes the highest of finer steps, known when the last of them is', () => {
    const { NaN: none } = Number;
    const values = Float64Array.of(1, 5, none, 2, 3, none, none, none, none, none, 7);
    const series = learningSeries(values, 60);
    expect(series).toEqual({ firstSeconds: 240, stepSeconds: 300, values: Float64Array.of(5, none) });
  });
});
