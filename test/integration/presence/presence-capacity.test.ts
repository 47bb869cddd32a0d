import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_CONNECTIONS } from '../../../src/presence/config/config.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
/** Connections that are opened at once: less than the backlog of a listening socket. */
const AT_ONCE = 100;

describe('a presence server with as many connections as it may have by default', () => {
  let redis: RedisClusterProcesses;
  let pod: PresenceServer;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    pod = await startPod(redis.nodes, {
      PRESENCE_MOVES_PER_SECOND: '0',
      PRESENCE_MAX_CONNECTIONS_PER_PERSON: '2000',
    });
    await untilReady(pod);
  }, START_MS);

  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await pod?.drain();
    await redis?.close();
  }, START_MS);

  it(`serves ${MAX_CONNECTIONS}, refuses the next with a hint, and takes one again when one has gone`, async () => {
    expect(MAX_CONNECTIONS).toBe(2_000);
    const token = await signToken();
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`ws://127.0.0.1:${pod.port}/v1/presence?access_token=${token}`);
      const [frame] = (await once(socket, 'message')) as [Buffer];
      expect(JSON.parse(frame.toString())).toMatchObject({ type: 'welcome' });
      return socket;
    };
    while (sockets.length < MAX_CONNECTIONS)
      sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, open))));
    const refused = new RawClient(pod.port, token);
    const error = await refused.next('error');
    expect(error).toMatchObject({ code: 'over_capacity', fatal: true });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(await refused.closed()).toBe(4503);
    expect(sockets.every(({ readyState }) => readyState === WebSocket.OPEN)).toBe(true);
    const pong = once(sockets[0] as WebSocket, 'message');
    sockets[0]?.send(JSON.stringify({ type: 'ping', id: 'p' }));
    expect(String((await pong)[0])).toBe('{"type":"pong","id":"p"}');
    sockets.pop()?.close();
    await eventually(
      async () => (await pod.metrics.registry.getSingleMetricAsString('presence_connections')) ?? '',
      (text) => text.includes(`presence_connections ${MAX_CONNECTIONS - 1}`),
    );
    sockets.push(await open());
  });
});
