import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createEventLoopMonitor, type EventLoopMonitor } from './event-loop.ts';

let clock: ManualClock;
let monitor: EventLoopMonitor;

beforeEach(() => {
  clock = new ManualClock();
  monitor = createEventLoopMonitor(clock);
  monitor.start();
});

afterEach(() => {
  monitor.stop();
  expect(clock.pending).toBe(0);
});

describe('the event loop monitor', () => {
  it('finds nothing wrong with timers that run', async () => {
    await clock.advance(60_000);
    expect(monitor.check()).toBeUndefined();
    expect(monitor.lagSeconds()).toBe(0);
  });

  it('forgives a short stall and reports its length', async () => {
    clock.stall(4_000);
    expect(monitor.check()).toBeUndefined();
    await clock.advance(0);
    expect(monitor.lagSeconds()).toBe(3.5);
  });

  it('fails while timers are overdue, before any of them has run', () => {
    clock.stall(8_000);
    expect(() => monitor.check()).toThrow('is stalled for 7500 ms');
    expect(monitor.lagSeconds()).toBe(7.5);
  });

  it('fails for a while after a stall and then forgives it', async () => {
    clock.stall(8_000);
    await clock.advance(1_000);
    expect(() => monitor.check()).toThrow('was stalled for 7500 ms');
    await clock.advance(15_000);
    expect(monitor.check()).toBeUndefined();
  });
});
