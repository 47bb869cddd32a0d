import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOM_HEARTBEAT_MS } from '../../../src/presence/room/heartbeat.ts';
import { EXPIRE_AFTER_MS } from '../../../src/presence/store/ending-leases.ts';
import { LEASE_MS } from '../../../src/presence/store/redis-store.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from '../redis/redis-processes.ts';
import {
  type LeaseScenario,
  LeaseWorld,
  loadOnSimulatedTime,
  SimulatedWedding,
  type Stall,
} from './lease-world.ts';

const START_MS = 180_000;
const TEST_MS = 300_000;
/** The same scenarios each time; LEASES_SEED asks for others, LEASES_RUNS for more. */
const SEED = Number(process.env.LEASES_SEED ?? 20_261_201);
const RUNS = Number(process.env.LEASES_RUNS ?? 60);
const LONGEST_STALL_MS = 4_000;
/** How late a timer fires, or a call arrives: a beat may have both, and is still no stall. */
const LATE_MS = 120;
const WORLD_MS = 14_000;

const phaseMs = fc.nat(ROOM_HEARTBEAT_MS - 1);
const lateMs = fc.array(fc.nat(LATE_MS), { minLength: 3, maxLength: 7 });
const orders = fc.array(fc.nat(1_000_000), { minLength: 5, maxLength: 5 });

/** Stalls of any length at any moment, also one right after the other. */
const stalls: fc.Arbitrary<Stall[]> = fc
  .array(fc.record({ pauseMs: fc.nat(3_500), lengthMs: fc.integer({ min: 50, max: LONGEST_STALL_MS }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => {
    let at = ROOM_HEARTBEAT_MS;
    return parts.map(({ pauseMs, lengthMs }) => {
      const from = at + pauseMs + 1;
      at = from + lengthMs;
      return { from, until: at };
    });
  });

describe.each(['valkeyServer', 'redisServer'] as const)('leases in %s on simulated time', (server) => {
  let node: RedisProcess | undefined;
  let redis: Redis;

  beforeAll(async () => {
    [node] = await startRedisProcesses({ server: (await ensureTools())[server], count: 1 });
    redis = new Redis({ host: node?.host ?? '', port: node?.port ?? 0 });
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    await redis.call('CONFIG', 'SET', 'appendonly', 'no');
    while (!String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    await loadOnSimulatedTime(redis);
  }, START_MS);

  afterAll(async () => {
    redis?.disconnect();
    if (node !== undefined) await stopRedisProcesses([node]);
  }, START_MS);

  it(
    'no server that keeps sending its heartbeats is lost, however often and however long Redis stands still',
    async () => {
      const living = fc.array(fc.record({ phaseMs, lateMs }), { minLength: 2, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(living, stalls, orders, async (servers, pauses, rounds) => {
          const endsAt = Math.max(WORLD_MS, (pauses.at(-1)?.until ?? 0) + 2 * LEASE_MS);
          const scenario: LeaseScenario = { servers, stalls: pauses, orders: rounds, endsAt };
          expect([...(await new LeaseWorld(redis, scenario).run()).lostAt]).toEqual([]);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    TEST_MS,
  );

  it(
    'a server that dies is lost within a lease and a heartbeat, and no other one',
    async () => {
      const living = fc.array(fc.record({ phaseMs, lateMs }), { minLength: 1, maxLength: 3 });
      const victim = fc.record({ phaseMs, lateMs, diesAt: fc.integer({ min: 2_000, max: 6_000 }) });
      await fc.assert(
        fc.asyncProperty(living, victim, orders, async (servers, dead, rounds) => {
          const all = [...servers, dead];
          const { lostAt } = await new LeaseWorld(redis, {
            servers: all,
            stalls: [],
            orders: rounds,
            endsAt: WORLD_MS,
          }).run();
          expect([...lostAt.keys()]).toEqual([`server-${all.length - 1}`]);
          // What a timer and a call are late, for the last heartbeat of the dead, and for two calls of another server.
          const bound = LEASE_MS + ROOM_HEARTBEAT_MS + 6 * LATE_MS;
          expect(Math.max(...lostAt.values()) - dead.diesAt).toBeLessThan(bound);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    TEST_MS,
  );

  it(
    'a server that dies while Redis stands still again and again is lost all the same, and no other one',
    async () => {
      const living = fc.array(fc.record({ phaseMs, lateMs }), { minLength: 1, maxLength: 3 });
      const victim = fc.record({ phaseMs, lateMs, diesAt: fc.integer({ min: 1_000, max: 8_000 }) });
      await fc.assert(
        fc.asyncProperty(living, victim, stalls, orders, async (servers, dead, pauses, rounds) => {
          const all = [...servers, dead];
          // Each stall counts against nobody, and gives each lease its time again.
          const allowanceMs = pauses.reduce((sum, { from, until }) => sum + until - from + LEASE_MS, 0);
          const bound = dead.diesAt + LEASE_MS + ROOM_HEARTBEAT_MS + 6 * LATE_MS + allowanceMs;
          const { lostAt } = await new LeaseWorld(redis, {
            servers: all,
            stalls: pauses,
            orders: rounds,
            endsAt: bound + ROOM_HEARTBEAT_MS,
          }).run();
          expect([...lostAt.keys()]).toEqual([`server-${all.length - 1}`]);
          expect(Math.max(...lostAt.values())).toBeLessThan(bound);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    TEST_MS,
  );

  it('a server whose own heartbeats are slow does not keep a dead one alive', async () => {
    const wedding = new SimulatedWedding(redis);
    const gapMs = LEASE_MS * 0.9;
    await wedding.join(0, 'dead', 'ann');
    let at = 0;
    for (let beats = 0; beats < 4 && (await wedding.entries()).get('ann')?.a === 'p'; beats++) {
      at += gapMs;
      const leases = (await wedding.call(at, 'slow', 'beat', []))[3] as string[] | undefined;
      if (leases !== undefined) await wedding.call(at + EXPIRE_AFTER_MS, '', 'expire', leases);
    }
    expect((await wedding.entries()).get('ann')?.a).toBe('r');
  });

  it('somebody who reconnects is not removed before the stall of Redis lets the new connection in', async () => {
    const wedding = new SimulatedWedding(redis);
    await wedding.join(0, 'one', 'ann', 2_000);
    await wedding.join(0, 'two', 'bob', 2_000);
    await wedding.call(500, 'one', 'drop', ['ann', 'lost']);
    await wedding.call(600, 'two', 'drop', ['bob', 'lost']);
    await wedding.call(1_400, 'one', 'beat', []);
    // Both graces have run out while Redis stood still; the first of the calls that waited is a heartbeat.
    await wedding.call(3_400, 'two', 'beat', []);
    await wedding.join(3_401, 'one', 'ann', 2_000);
    const entries = await wedding.entries();
    // The same connection as before, not a new arrival.
    expect(entries.get('ann')).toMatchObject({ a: 'p', t: entries.get('bob')?.t });
    expect(entries.get('bob')?.a).toBe('r');
    // Without another stall the time that was given ends.
    for (const at of [4_300, 5_200, 6_100]) await wedding.call(at, 'one', 'beat', []);
    expect([...(await wedding.entries()).keys()]).toEqual(['ann']);
  });

  it('a reader that asks now and then keeps nobody there when the last server has died', async () => {
    const wedding = new SimulatedWedding(redis);
    await wedding.join(0, 'dead', 'ann', LEASE_MS);
    await wedding.join(0, 'dead', 'bob', LEASE_MS);
    await wedding.call(500, 'dead', 'drop', ['bob', 'lost']);
    const states: (string | undefined)[][] = [];
    for (const at of [5_000, 10_000, 15_000]) {
      const leases = (await wedding.call(at, '', 'snapshot', []))[3] as string[] | undefined;
      if (leases !== undefined) await wedding.call(at + EXPIRE_AFTER_MS, '', 'expire', leases);
      const entries = await wedding.entries();
      states.push(['ann', 'bob'].map((user) => entries.get(user)?.a));
    }
    expect(states).toEqual([
      // It may be that Redis stood still, and servers come back.
      ['p', 'r'],
      ['r', undefined],
      [undefined, undefined],
    ]);
  });
});
