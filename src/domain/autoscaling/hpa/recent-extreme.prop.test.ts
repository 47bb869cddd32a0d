import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMaximum, RecentMinimum } from './recent-extreme.ts';

const samples = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -20, max: 20 })), {
  minLength: 1,
  maxLength: 80,
});

describe('RecentMaximum and RecentMinimum', () => {
  it('give what a search of the whole past gives', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 100 }), (steps, window) => {
        const maximum = new RecentMaximum(window);
        const minimum = new RecentMinimum(window);
        const past: { at: number; value: number }[] = [];
        let now = 0;
        for (const [step, value] of steps) {
          now += step;
          past.push({ at: now, value });
          const recent = past.filter(({ at }) => at >= now - window).map((sample) => sample.value);
          expect(maximum.add(now, value)).toBe(Math.max(...recent));
          // 0 and -0 are the same number of pods.
          expect(minimum.add(now, value) + 0).toBe(Math.min(...recent));
        }
      }),
    );
  });
});
