import { describe, expect, it } from 'vitest';
import { WeeklyProfile } from './weekly-profile.ts';

const SEASONS = { day: 24, week: 168 };

/** Days of 100 at night and 200 by day; twice that on the sixth day of the week. */
function load(step: number): number {
  const byDay = step % 24 < 12 ? 100 : 200;
  return Math.floor(step / 24) % 7 === 5 ? 2 * byDay : byDay;
}

function learned(days: number, first = 0): WeeklyProfile {
  const history = Float64Array.from({ length: days * 24 }, (_, index) => load(first + index));
  return WeeklyProfile.fit(history, first, SEASONS);
}

describe('WeeklyProfile', () => {
  it('learns the shape of each day of the week, drawn a little to the shape of all', () => {
    for (const first of [0, 9 * 24]) {
      const profile = learned(56, first);
      for (const step of [3, 15, 5 * 24 + 3, 5 * 24 + 15]) {
        const at = profile.at(700 * 24 + step);
        expect(Math.abs(at / load(step) - 1)).toBeLessThan(0.2);
      }
      expect(profile.at(5 * 24 + 15)).toBeGreaterThan(1.6 * profile.at(15));
    }
  });

  it('knows only the shape of all days after one of them', () => {
    const profile = learned(1);
    expect(profile.at(3)).toBeCloseTo(100, 6);
    expect(profile.at(4 * 24 + 15)).toBeCloseTo(200, 6);
  });

  it('is nothing when nothing was recorded', () => {
    expect(WeeklyProfile.fit(new Float64Array(24).fill(Number.NaN), 0, SEASONS).at(5)).toBe(0);
  });
});
