import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { timeLimit } from './time-limit.ts';

describe('timeLimit', () => {
  it('aborts with its reason when the time is over', async () => {
    const clock = new ManualClock();
    const { signal, expired } = timeLimit(clock, 100, new AbortController().signal, () => new Error('late'));
    await clock.advance(99);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect([signal.reason, expired.reason]).toEqual([new Error('late'), new Error('late')]);
  });

  it('aborts with the outer one, which is not its time', () => {
    const outer = new AbortController();
    const { signal, expired } = timeLimit(new ManualClock(), 100, outer.signal, () => new Error('late'));
    outer.abort(new Error('stop'));
    expect([signal.reason, expired.aborted]).toEqual([new Error('stop'), false]);
  });

  it('leaves no timer behind when it is lifted', async () => {
    const clock = new ManualClock();
    const { signal, lift } = timeLimit(clock, 100, new AbortController().signal, () => new Error('late'));
    lift();
    await clock.advance(1_000);
    expect([signal.aborted, clock.pending]).toEqual([false, 0]);
  });
});
