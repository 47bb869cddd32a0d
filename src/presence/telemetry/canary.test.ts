import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { CANARY_LOST_AFTER_MS, Canary, type CanaryDeps } from './canary.ts';

const SHARDS = new Map([
  ['a:1', '~a'],
  ['b:1', '~b'],
]);

describe('Canary', () => {
  let clock: ManualClock;
  let canary: Canary;
  let deps: CanaryDeps;
  let away: Set<string>;
  let deaf: Set<string>;
  let resubscribed: string[];
  let shards: ReadonlyMap<string, string>;
  let delays: number[];
  let lost: string[];

  beforeEach(async () => {
    clock = new ManualClock();
    away = new Set();
    deaf = new Set();
    resubscribed = [];
    shards = SHARDS;
    delays = [];
    lost = [];
    deps = {
      clock,
      incarnation: 'me',
      log: silentLogger(),
      shards: () => shards,
      returned: (_, seconds) => delays.push(seconds),
      lost: (primary) => lost.push(primary),
      store: {
        subscribe: async () => {},
        unsubscribe: async (wedding) => void resubscribed.push(wedding),
        update: async (wedding) => {
          if (away.has(wedding)) throw new Error('away');
          const change = { epoch: 'e', seq: 1, origin: `me ${clock.monotonicMs()}`, changes: [] };
          if (!deaf.has(wedding)) canary.receive(wedding, change);
          return change;
        },
      },
    };
    canary = new Canary(deps);
    await clock.advance(0);
  });

  const states = () => canary.health().map(({ state }) => state);

  it('is ready when changes come back, and only those of its own', async () => {
    expect(canary.notReadyBecause()).toBeUndefined();
    deaf = new Set(SHARDS.values());
    for (let second = 0; second < 5; second++) {
      canary.receive('~a', { epoch: 'e', seq: 1, origin: 'other 0', changes: [] });
      await clock.advance(1_000);
    }
    expect(canary.notReadyBecause()).toBe('no canary comes back through Redis');
  });

  it('is not ready while a primary keeps writes and sends no messages, and subscribes there again', async () => {
    deaf.add('~b');
    await clock.advance(6_000);
    expect(states()).toEqual(['singing', 'deaf']);
    expect(canary.notReadyBecause()).toBe('messages of primary b:1 do not come');
    expect(new Set(resubscribed)).toEqual(new Set(['~b']));
    deaf.clear();
    await clock.advance(1_000);
    expect(canary.notReadyBecause()).toBeUndefined();
  });

  it('stays ready while one primary is away, and not when all are', async () => {
    away.add('~b');
    await clock.advance(6_000);
    expect(states()).toEqual(['singing', 'away']);
    expect(canary.notReadyBecause()).toBeUndefined();
    away.add('~a');
    await clock.advance(6_000);
    expect(canary.notReadyBecause()).toBe('no canary comes back through Redis');
  });

  it('counts every change that was due, in time, late or lost', async () => {
    await clock.advance(2_000);
    const before = delays.length;
    away.add('~b');
    await clock.advance(4_000);
    expect([delays.length - before, lost]).toEqual([4, []]);
    away.delete('~b');
    await clock.advance(1_000);
    // Those of b that waited come with the next that is sent.
    expect(delays.slice(before).filter((delay) => delay > 0)).toEqual([4, 3, 2, 1]);
    away.add('~b');
    await clock.advance(20_000);
    expect(lost).toEqual(Array.from({ length: 15 }, () => 'b:1'));
    away.delete('~b');
    await clock.advance(1_000);
    expect(delays.every((delay) => delay < CANARY_LOST_AFTER_MS / 1_000)).toBe(true);
    // Two primaries, from the first change that came back: one due per second and primary, and each is counted once.
    expect(delays.length + lost.length).toBe(2 * 28);
  });

  it('counts one change per second of a timer that is early, too', async () => {
    canary.close();
    const early: CanaryDeps['clock'] = {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs - 0.5),
      setAlarm: (at, callback) => clock.setAlarm(at, callback),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
    canary = new Canary({ ...deps, clock: early });
    await clock.advance(0);
    const before = delays.length;
    await clock.advance(10_000);
    expect(delays.length - before).toBe(2 * 10);
  });

  it('waits at the new primary for what was due at the old one', async () => {
    away.add('~b');
    await clock.advance(3_000);
    shards = new Map([
      ['a:1', '~a'],
      ['c:1', '~b'],
    ]);
    await clock.advance(1_000);
    away.delete('~b');
    await clock.advance(1_000);
    expect(lost).toEqual([]);
    expect(delays.filter((delay) => delay > 0)).toEqual([4, 3, 2, 1]);
    shards = new Map([['a:1', '~a']]);
    deaf.add('~b');
    await clock.advance(1_000);
    expect(lost).toEqual([]);
  });

  it('counts what is open as lost when its shard goes, and the seconds that a process was held up', async () => {
    deaf.add('~b');
    await clock.advance(2_000);
    shards = new Map([['a:1', '~a']]);
    await clock.advance(1_000);
    expect(lost).toEqual(['b:1', 'b:1']);
    const before = delays.length;
    clock.stall(5_000);
    await clock.advance(0);
    expect(delays.slice(before)).toEqual([4, 3, 2, 1, 0]);
    clock.stall(3_600_000);
    await clock.advance(0);
    expect(delays.length - before).toBe(10);
  });

  it('counts nothing before the first change came back', async () => {
    canary.close();
    away = new Set(SHARDS.values());
    canary = new Canary(deps);
    delays.length = 0;
    await clock.advance(60_000);
    expect([delays, lost]).toEqual([[], []]);
    away.clear();
    await clock.advance(1_000);
    expect([delays.length, lost.length]).toEqual([1, 0]);
  });

  it('leaves no timer', () => {
    canary.close();
    expect(clock.pending).toBe(0);
  });
});
