import { describe, expect, it } from 'vitest';
import { Blend } from './blend.ts';

describe('Blend', () => {
  it('is the mean at first', () => {
    expect(new Blend(3).mix([1, 2, 6])).toBe(3);
  });

  it('follows the model that did best, and the other one when that changes', () => {
    const blend = new Blend(2);
    for (let step = 0; step < 50; step += 1) blend.learn([100, 130], 101);
    expect(blend.mix([200, 300])).toBeCloseTo(200, 1);
    for (let step = 0; step < 1000; step += 1) blend.learn([100, 130], 129);
    expect(blend.mix([200, 300])).toBeGreaterThan(299);
  });

  it('uses both of two that did equally well, at any scale of the load', () => {
    for (const scale of [1e-3, 1, 1e12]) {
      const blend = new Blend(2);
      blend.learn([90 * scale, 110 * scale], 100 * scale);
      expect(blend.mix([0, 2 * scale]) / scale).toBeCloseTo(1, 6);
    }
  });

  it('copes with a model that was exactly right', () => {
    const blend = new Blend(2);
    blend.learn([10, 20], 10);
    expect(blend.mix([7, 9])).toBeCloseTo(7, 6);
  });
});
