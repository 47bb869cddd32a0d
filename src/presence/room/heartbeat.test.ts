import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Position } from '../store/store.ts';
import { CHANGE_ARRIVES_WITHIN_MS, Heartbeat, ROOM_HEARTBEAT_MS } from './heartbeat.ts';
import { Staleness } from './staleness.ts';

describe('Heartbeat', () => {
  let clock: ManualClock;
  let reached: number;
  let seen: string[];
  let answer: () => Promise<Position> | undefined;
  let staleness: Staleness;
  let writes: { lastAck: { position: Position; sentAt: number } | undefined };
  let heartbeat: Heartbeat;

  beforeEach(() => {
    clock = new ManualClock();
    reached = 1;
    seen = [];
    answer = async () => ({ epoch: 'e', seq: 1 });
    staleness = new Staleness(clock);
    writes = { lastAck: undefined };
    heartbeat = new Heartbeat(
      { clock, random: () => 0.5, replica: { hasReached: ({ seq }) => reached >= seq }, staleness, writes },
      {
        sendHeartbeat: () => answer(),
        onInStep: () => void seen.push('in step'),
        onBehind: () => void seen.push('behind'),
        onFailed: (_, answeredSince) => void seen.push(answeredSince ? 'failed long ago' : 'failed'),
        onLate: () => void seen.push('late'),
      },
    );
  });

  it('finds the replica in step once a second while it has the position of Redis', async () => {
    await clock.advance(3 * ROOM_HEARTBEAT_MS);
    expect(seen).toEqual(['in step', 'in step', 'in step']);
    expect(staleness.ageMs).toBeLessThan(ROOM_HEARTBEAT_MS);
  });

  it('waits a moment for a message, and reports the replica as behind when none comes', async () => {
    answer = async () => ({ epoch: 'e', seq: 2 });
    await clock.advance(ROOM_HEARTBEAT_MS / 2 + 249);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual(['behind']);
  });

  it('grows older while Redis is away', async () => {
    answer = () => Promise.reject(new Error('away'));
    await clock.advance(5 * ROOM_HEARTBEAT_MS);
    expect(new Set(seen)).toEqual(new Set(['failed']));
    expect(staleness.ageMs).toBe(5 * ROOM_HEARTBEAT_MS);
  });

  it('goes on while earlier heartbeats have no answer, up to a number, and is late at each', async () => {
    let beats = 0;
    const { promise, resolve: settle } = Promise.withResolvers<Position>();
    answer = () => {
      beats++;
      return promise;
    };
    await clock.advance(8 * ROOM_HEARTBEAT_MS);
    expect([beats, seen]).toEqual([5, Array.from({ length: 7 }, () => 'late')]);
    settle({ epoch: 'e', seq: 1 });
    await clock.advance(0);
    expect(seen.slice(7)).toEqual(Array.from({ length: 5 }, () => 'in step'));
    await clock.advance(ROOM_HEARTBEAT_MS);
    expect([beats, seen.length]).toEqual([6, 13]);
  });

  it('learns nothing from the end of a heartbeat when a later one has an answer', async () => {
    const lost = Promise.withResolvers<Position>();
    const late = Promise.withResolvers<Position>();
    const waiting = [lost.promise, late.promise];
    answer = () => waiting.shift() ?? Promise.resolve({ epoch: 'e', seq: 1 });
    await clock.advance(3 * ROOM_HEARTBEAT_MS);
    expect(seen).toEqual(['late', 'late', 'in step']);
    lost.reject(new Error('no answer within 5000 ms'));
    late.resolve({ epoch: 'before', seq: 2 });
    await clock.advance(CHANGE_ARRIVES_WITHIN_MS);
    expect(seen).toEqual(['late', 'late', 'in step', 'failed long ago']);
  });

  it('sends no heartbeat while updates renew the lease, and leaves no timer when closed', async () => {
    let beats = 0;
    answer = () => {
      beats++;
      return undefined;
    };
    for (let step = 0; step < 10; step++) {
      writes.lastAck = { position: { epoch: 'e', seq: 1 }, sentAt: clock.monotonicMs() };
      await clock.advance(ROOM_HEARTBEAT_MS / 2);
    }
    expect(beats).toBe(0);
    expect(seen.length).toBeGreaterThan(3);
    heartbeat.close();
    expect(clock.pending).toBe(0);
  });
});
