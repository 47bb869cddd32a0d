import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FailureTimer } from './failure-timer.ts';

describe('FailureTimer', () => {
  it('is over after failures for as long as the limit, and starts again then', async () => {
    const clock = new ManualClock();
    const timer = new FailureTimer(clock);
    const over: boolean[] = [];
    for (let second = 0; second < 8; second++) {
      over.push(timer.note(3_000));
      await clock.advance(1_000);
    }
    expect(over).toEqual([false, false, false, true, false, false, true, false]);
  });

  it('counts from the first of the failures that follow each other closely', async () => {
    const clock = new ManualClock();
    const timer = new FailureTimer(clock);
    timer.note(5_000);
    await clock.advance(4_001);
    expect(timer.note(5_000)).toBe(false);
    await clock.advance(3_000);
    expect(timer.note(5_000)).toBe(false);
    await clock.advance(2_000);
    expect(timer.note(5_000)).toBe(true);
  });
});
