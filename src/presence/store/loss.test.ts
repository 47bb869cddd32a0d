import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { Loss } from './loss.ts';

describe('Loss', () => {
  it('is long after it was told of for as long as that, and begins anew then', async () => {
    const clock = new ManualClock();
    const loss = new Loss(clock);
    const told: boolean[] = [];
    for (let second = 0; second < 8; second++) {
      told.push(loss.note(3_000));
      await clock.advance(1_000);
    }
    expect(told).toEqual([false, false, false, true, false, false, true, false]);
  });

  it('counts from the first of those that follow each other closely', async () => {
    const clock = new ManualClock();
    const loss = new Loss(clock);
    loss.note(5_000);
    await clock.advance(4_001);
    expect(loss.note(5_000)).toBe(false);
    await clock.advance(3_000);
    expect(loss.note(5_000)).toBe(false);
    await clock.advance(2_000);
    expect(loss.note(5_000)).toBe(true);
  });
});
