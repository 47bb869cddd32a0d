import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { Canary } from './canary.ts';

const SHARDS = new Map([
  ['a:1', '~a'],
  ['b:1', '~b'],
]);

describe('Canary', () => {
  let clock: ManualClock;
  let canary: Canary;
  let away: Set<string>;
  let deaf: Set<string>;
  let resubscribed: string[];

  beforeEach(async () => {
    clock = new ManualClock();
    away = new Set();
    deaf = new Set();
    resubscribed = [];
    canary = new Canary({
      clock,
      incarnation: 'me',
      log: silentLogger(),
      shards: () => SHARDS,
      returned: () => {},
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
    });
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

  it('leaves no timer', () => {
    canary.close();
    expect(clock.pending).toBe(0);
  });
});
