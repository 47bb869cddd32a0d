import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { checkPromise } from '../../conformance/run.ts';
import { SERVER_PROMISES } from '../../conformance/server/promises.ts';
import { SECRET, startPod, untilReady } from '../presence/presence-pods.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';

const START_MS = 180_000;

describe('our server keeps what docs/protocol.md promises', () => {
  let redis: RedisClusterProcesses;
  let pod: PresenceServer;

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    pod = await startPod(redis.nodes);
    await untilReady(pod);
  }, START_MS);

  afterAll(async () => {
    await pod?.drain();
    await redis?.close();
  }, START_MS);

  const url = (): string => `ws://127.0.0.1:${pod.port}/v1/presence`;

  it.concurrent.each(SERVER_PROMISES.map((promise) => [promise.id, promise] as const))(
    '%s',
    async (_, promise) => {
      expect((await checkPromise(promise, url(), SECRET)).broken).toBeUndefined();
    },
  );

  it('and the suite notices what a server does not: a key that it does not know breaks every promise', async () => {
    const some = SERVER_PROMISES.filter(({ id }) => ['welcome', 'join', 'http-presence'].includes(id));
    const verdicts = await Promise.all(
      some.map((promise) => checkPromise(promise, url(), 'a key that this server does not know')),
    );
    expect(verdicts.map(({ broken }) => broken === undefined)).toEqual([false, false, false]);
  });
});
