import { describe, expect, it } from 'vitest';
import { type WeddingLoadOptions, weddingLoad } from '../../support/wedding-load.ts';
import { ENGLAND } from '../../support/wedding-regions.ts';

const OPTIONS: WeddingLoadOptions = {
  seed: 3,
  firstDay: '2027-06-07',
  days: 28,
  regions: [ENGLAND],
  shiftMinutes: 1,
  surges: [],
};
const STEPS_A_DAY = 288;

/** Sum over the days of one weekday, Monday being 0; the load starts on a Monday. */
function weekday(values: Float64Array, day: number): number {
  return values.reduce(
    (sum, value, step) => (Math.floor(step / STEPS_A_DAY) % 7 === day ? sum + value : sum),
    0,
  );
}

describe('weddingLoad', () => {
  const { values, startSeconds } = weddingLoad(OPTIONS);

  it('is the same for the same seed, and another for another', () => {
    expect(weddingLoad(OPTIONS).values).toEqual(values);
    expect(weddingLoad({ ...OPTIONS, seed: 4 }).values).not.toEqual(values);
  });

  it('runs on the clock of its one region', () => {
    expect(startSeconds).toBe(Date.UTC(2027, 5, 7) / 1000);
  });

  it('has its weddings on Saturdays, and its top in the evening', () => {
    expect(weekday(values, 5)).toBeGreaterThan(5 * weekday(values, 1));
    const peakHour = (values.indexOf(Math.max(...values)) % STEPS_A_DAY) / 12;
    expect(peakHour).toBeGreaterThan(16);
    expect(peakHour).toBeLessThan(22);
  });

  it('adds a surge for as long as it lasts', () => {
    const surge = { day: 1.5, people: 600, minutes: 45 };
    const surged = weddingLoad({ ...OPTIONS, surges: [surge] }).values;
    const added = surged.map((value, step) => value - (values[step] as number));
    expect([...added].filter((value) => value === 600)).toHaveLength(9);
    expect(added[1.5 * STEPS_A_DAY]).toBe(600);
  });
});
