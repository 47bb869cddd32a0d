import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { LEASE_MS } from '../../../src/presence/store/redis-store.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { slotOf } from '../../support/slot-of.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import type { RedisProcess } from '../redis/redis-processes.ts';
import { PATIENCE_MS, startPod, untilReady } from './presence-pods.ts';
import { joinAs, statesOf, untilConverged, untilShown } from './presence-views.ts';
import type { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const TEST_MS = 180_000;
const SLOTS = 16_384;
const PRIMARIES = 3;
const STALLS = 4;
const USERS = ['user-0', 'user-1'];
/** The same stalls each time; STALL_SEED asks for others. Where in a heartbeat they fall is another matter each time. */
const SEED = Number(process.env.STALL_SEED ?? 20_261_201);
const MOVES_OFF = { PRESENCE_MOVES_PER_SECOND: '0' };

/** Between two stalls servers have the time to connect again: the client closes a socket that is silent for 1.5 s. */
const stall = fc.record({
  pauseMs: fc.integer({ min: 2_500, max: 3_500 }),
  lengthMs: fc.integer({ min: 1_000, max: 3_000 }),
});

let redis: RedisClusterProcesses;
let pods: PresenceServer[] = [];

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: PRIMARIES });
  // With the lease of production. Both are in this process, so where it stands still neither gains on the other.
  const start = () => startPod(redis.nodes, MOVES_OFF, systemClock, LEASE_MS);
  pods = await Promise.all([start(), start()]);
  await Promise.all(pods.map(untilReady));
}, START_MS);

afterAll(async () => {
  for (const primary of redis?.primaries ?? []) primary.resume();
  await Promise.all(pods.map((pod) => pod.drain()));
  await redis?.close();
}, START_MS);

/** A wedding on the primary of this index. */
function weddingOn(primary: number): string {
  for (let number = 0; ; number++) {
    const wedding = `stalled-${number}`;
    if (Math.floor((slotOf(weddingKeys(wedding)[0] ?? '') * PRIMARIES) / SLOTS) === primary) return wedding;
  }
}

interface Crew {
  readonly primary: RedisProcess;
  readonly wedding: string;
  /** One on each server. */
  readonly clients: readonly RawClient[];
  readonly stalls: readonly { readonly pauseMs: number; readonly lengthMs: number }[];
}

async function joinCrew(primary: RedisProcess, index: number): Promise<Crew> {
  const wedding = weddingOn(index);
  const clients = await Promise.all(pods.map((pod, at) => joinAs(`user-${at}`, pod, wedding)));
  for (const client of clients)
    for (const user of USERS) await untilShown(client, user, 'present undefined', PATIENCE_MS);
  return { primary, wedding, clients, stalls: fc.sample(stall, { numRuns: STALLS, seed: SEED + index }) };
}

async function stallAgainAndAgain({ primary, stalls }: Crew): Promise<void> {
  for (const { pauseMs, lengthMs } of stalls) {
    await systemClock.sleep(pauseMs);
    primary.pause();
    await systemClock.sleep(lengthMs);
    primary.resume();
  }
}

async function untilServed({ clients, wedding }: Crew): Promise<void> {
  for (const [at, client] of clients.entries())
    await client.insist({ type: 'update', id: 'after', wedding, status: `after ${at}` }, 'ack');
  for (const client of clients) await untilShown(client, 'user-1', 'present after 1', PATIENCE_MS);
}

describe('a Redis that stands still for one to three seconds, again and again, each primary by itself', () => {
  it(
    'costs nobody a state: nobody is lost, and nobody leaves',
    async () => {
      const crews = await Promise.all(redis.primaries.map(joinCrew));
      await Promise.all(crews.map(stallAgainAndAgain));
      // What servers do after the last stall, until all is as it was.
      await Promise.all(crews.map(untilServed));
      await systemClock.sleep(2 * LEASE_MS);
      for (const { clients } of crews) await untilConverged(clients);
      const seen = crews.flatMap(({ clients }) =>
        clients.flatMap((client) => USERS.map((user) => statesOf(client, user))),
      );
      expect(seen).toEqual(seen.map(() => ['present']));
      await Promise.all(crews.flatMap(({ clients }) => clients.map((client) => client.close())));
    },
    TEST_MS,
  );
});
