import { afterEach, describe, expect, it, vi } from 'vitest';
import { LONGEST_NODE_TIMER_MS, systemClock } from './clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('systemClock', () => {
  it('holds delays longer than a Node timer can', async () => {
    vi.useFakeTimers();
    let fired = 0;
    systemClock.setTimeout(
      () => {
        fired += 1;
      },
      LONGEST_NODE_TIMER_MS * 2 + 1000,
    );
    await vi.advanceTimersByTimeAsync(LONGEST_NODE_TIMER_MS * 2 + 999);
    expect(fired).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toBe(1);
  });

  it('cancels in the second link of such a chain', async () => {
    vi.useFakeTimers();
    let fired = 0;
    const cancel = systemClock.setTimeout(() => {
      fired += 1;
    }, LONGEST_NODE_TIMER_MS + 1000);
    await vi.advanceTimersByTimeAsync(LONGEST_NODE_TIMER_MS + 500);
    cancel();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fired).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects a sleep with the reason of its signal and leaves no timer', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const sleep = systemClock.sleep(1000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(systemClock.sleep(1000, stop.signal)).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });
});
