import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { runWeddingCrews } from '../../load/wedding-crews.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { SECRET, startPod, untilReady } from './presence-pods.ts';

let redis: RedisClusterProcesses;
let pods: PresenceServer[] = [];

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
  await Promise.all(pods.map(untilReady));
});

afterAll(async () => {
  await Promise.all(pods.map((pod) => pod.drain()));
  await redis?.close();
});

it('brings every update of whole crews to every other member, over two servers', async () => {
  const stalls = new OwnStalls();
  const result = await runWeddingCrews({
    url: pods.map((pod) => `ws://127.0.0.1:${pod.port}/v1/presence`),
    secret: SECRET,
    weddings: 4,
    clientsPerWedding: 10,
    seconds: 3,
    updatesPerSecond: 40,
  });
  expect(result).toMatchObject({ connected: 40, updates: 120, expected: 120 * 9, completeRosters: 40 });
  // Where a pod is slow a merged diff may stand for two values; then both are named.
  expect(result).toMatchObject({ lost: 0, unconfirmed: 0 });
  expect(result.deliveries + result.conflated).toBe(result.expected);
  expect(result.p50Ms).toBeGreaterThan(0);
  // While this process stands still, with its servers and clients, nothing is delivered.
  expect(result.p99Ms).toBeLessThan(2_000 + stalls.ms);
  stalls.stop();
});
