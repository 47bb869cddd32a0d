import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { askHttp, eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const GRACE_S = 1;

let redis: RedisClusterProcesses;
let pod: PresenceServer;

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  pod = await startPod(redis.nodes, { PRESENCE_RECONNECT_GRACE_SECONDS: String(GRACE_S) });
  await untilReady(pod);
}, START_MS);

afterAll(async () => {
  await pod?.drain();
  await redis?.close();
}, START_MS);

it('the history says when and why the last person of a wedding went, and who comes again comes anew', async () => {
  const wedding = 'last';
  const bearer = await signToken({ user: 'ann', weddings: [wedding] });
  const ask = async (query: string) => {
    const url = `http://127.0.0.1:${pod.port}/v1/weddings/${wedding}/history${query}`;
    const { body } = await askHttp(url, bearer);
    return body as { events?: { event: string; reason?: string }[]; members?: unknown[] };
  };
  const events = async () => ((await ask('')).events ?? []).map(({ event, reason }) => [event, reason]);
  const ann = await RawClient.join(pod.port, bearer, wedding);
  await ann.close();
  // Reading the history changes nothing: the server of the last person sees to it by itself.
  const told = await eventually(events, (seen) => seen.length === 3);
  expect(told).toEqual([
    ['joined', undefined],
    ['reconnecting', 'closed'],
    ['left', 'closed'],
  ]);
  expect((await ask(`?at=${new Date().toISOString()}`)).members).toEqual([]);
  const again = await RawClient.join(pod.port, bearer, wedding);
  expect((await events()).at(-1)).toEqual(['joined', undefined]);
  await again.close();
});
