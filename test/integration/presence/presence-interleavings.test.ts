import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import { NODE_TIMEOUT_MS } from '../../../src/domain/topology/server-config.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { slotOf } from '../../support/slot-of.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { contradiction, InterleavingsWorld, type Step } from './interleavings-world.ts';
import { startPod, untilReady } from './presence-pods.ts';
import { joinAs, untilConverged, viewOf } from './presence-views.ts';

const START_MS = 180_000;
const TEST_MS = 300_000;
const WEDDING = 'interleaved';
const SLOTS = 16_384;
const USERS = 6;
const MORTALS = 2;
const STEPS_BEFORE_FAILOVER = 40;
const STEPS_AFTER_FAILOVER = 25;
const GRACE_SECONDS = 3;
/** The same steps each time; INTERLEAVING_SEED asks for others. */
const SEED = 20_261_129;
const BOUNDS = {
  // docs/presence.md: people of a killed server are lost within 3 s, which is the longest of all; and a loaded machine.
  seenWithinMs: 3_000 + 4_000,
  graceMs: GRACE_SECONDS * 1_000,
  // Without an operator a replica is elected after the node timeout; and what was asked meanwhile is repeated.
  failoverMs: NODE_TIMEOUT_MS.Standard + 10_000,
};
const ENVIRONMENT = {
  PRESENCE_RECONNECT_GRACE_SECONDS: String(GRACE_SECONDS),
  PRESENCE_MOVES_PER_SECOND: '0',
};

const pod = fc.nat(MORTALS - 1);
const user = fc.nat(USERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom('join', 'join', 'update', 'drop', 'leave'), user, pod }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), pod }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 300, 1_500) }),
  },
);

describe.each(['valkeyServer', 'redisServer'] as const)('a wedding on a cluster of %s', (server) => {
  let redis: RedisClusterProcesses;
  let pods: PresenceServer[] = [];

  beforeAll(async () => {
    const tools = await ensureTools();
    // As shipped: a primary that stands still for a few seconds is not replaced where no step asks for it.
    const extraConfig = { 'cluster-node-timeout': String(NODE_TIMEOUT_MS.Standard) };
    redis = await startRedisCluster({
      server: tools[server],
      primaries: 3,
      replicasPerPrimary: 1,
      extraConfig,
    });
    pods = await Promise.all([startPod(redis.nodes, ENVIRONMENT), startPod(redis.nodes, ENVIRONMENT)]);
    await Promise.all(pods.map(untilReady));
  }, START_MS);

  afterAll(async () => {
    await Promise.all(pods.map((one) => one.drain()));
    await redis?.close();
  }, START_MS);

  it(
    'joins, moves, drops, leaves, killed servers and a failover in any order: nobody is shown or missing for longer than the bound, and all agree',
    async () => {
      const seed = Number(process.env.INTERLEAVING_SEED ?? SEED);
      const sample = (numRuns: number, more: number) => fc.sample(step, { numRuns, seed: seed + more });
      const watchers = await Promise.all(pods.map((one, index) => joinAs(`watcher-${index}`, one, WEDDING)));
      const slot = slotOf(weddingKeys(WEDDING)[0] ?? '');
      const victim = redis.primaries[Math.floor((slot * redis.primaries.length) / SLOTS)];
      const world = new InterleavingsWorld({
        wedding: WEDDING,
        nodes: redis.nodes,
        environment: ENVIRONMENT,
        users: USERS,
        mortals: MORTALS,
        watchers,
        failOver: async () => victim?.kill(),
        redisPids: () => [...redis.primaries, ...redis.replicas].map(({ pid }) => pid),
        bounds: BOUNDS,
      });
      const steps: Step[] = [
        ...sample(STEPS_BEFORE_FAILOVER, 0),
        { do: 'fail over' },
        ...sample(STEPS_AFTER_FAILOVER, 1),
        { do: 'wait', ms: BOUNDS.failoverMs },
        { do: 'wait', ms: BOUNDS.seenWithinMs + BOUNDS.graceMs },
      ];
      try {
        await world.start();
        for (const one of steps) await world.take(one);
        expect(world.wrong).toEqual([]);
        const everybody = [...watchers, ...world.clients];
        const { members } = await untilConverged(everybody);
        expect(members.map(({ user: name }) => name)).toEqual(
          [...world.present, ...watchers.map((_, index) => `watcher-${index}`)].toSorted(),
        );
        expect(members.every(({ state }) => state === 'present')).toBe(true);
        for (const watcher of watchers) expect(viewOf(watcher).members.size).toBe(members.length);
      } finally {
        await world.close();
        await victim?.restart();
        await Promise.all(watchers.map((watcher) => watcher.close()));
      }
    },
    TEST_MS,
  );
});

it('the look of the watchers finds a ghost, and somebody who is missing', () => {
  const late = BOUNDS.seenWithinMs + 1;
  const look = (
    shown: 'present' | 'reconnecting' | undefined,
    ...truth: ['present' | 'lost' | 'left', number]
  ) => contradiction(shown && { state: shown }, ...truth, BOUNDS);
  expect(look('present', 'lost', late)).toBe('is lost and is shown');
  expect(look('reconnecting', 'lost', late)).toBeUndefined();
  expect(look('reconnecting', 'lost', late + BOUNDS.graceMs)).toBe('is lost and is shown as reconnecting');
  expect(look('reconnecting', 'left', late)).toBe('is left and is shown as reconnecting');
  expect(look(undefined, 'present', late)).toBe('is there and is missing');
  expect(look('reconnecting', 'present', late)).toBe('is there and is missing');
  expect(look('present', 'left', BOUNDS.seenWithinMs)).toBeUndefined();
});
