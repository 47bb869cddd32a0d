import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../../src/api/protocol/roles.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { RedisStore } from '../../../src/presence/store/redis-store.ts';
import { ConnectionTaken } from '../../../src/presence/store/store.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually } from './presence-pods.ts';

const START_MS = 180_000;

let redis: RedisClusterProcesses;
let store: RedisStore;

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  const nodes = redis.nodes.map((node) => {
    const [host = '', port] = node.split(':');
    return { host, port: Number(port) };
  });
  store = new RedisStore({
    redis: { nodes },
    incarnation: 'one/1',
    // Its server sends no beats.
    leaseMs: START_MS,
    cacheTtlMs: 60_000,
    clock: systemClock,
    maxConnectionsPerPerson: 10,
    log: silentLogger(),
    onResubscribed: () => {},
  });
  await eventually(
    () => store.available,
    (available) => available,
  );
}, START_MS);

afterAll(async () => {
  await store?.close();
  await redis?.close();
}, START_MS);

it('a connection id that is of somebody else is refused, whatever it is used for, and nobody is touched', async () => {
  const wanted = (user: string, role: Role = 'other') => ({
    connection: 'the same',
    user,
    body: { role },
    graceMs: 1_000,
  });
  await store.join('ids', undefined, wanted('ann'));
  await expect(store.join('ids', undefined, wanted('mallory'))).rejects.toThrow(ConnectionTaken);
  await expect(store.enter('ids', undefined, wanted('mallory'))).rejects.toThrow(ConnectionTaken);
  await expect(store.update('ids', undefined, wanted('mallory'))).rejects.toThrow(ConnectionTaken);
  const { entries } = await store.snapshot('ids', undefined);
  expect([...entries].map(([connection, { user, state }]) => [connection, user, state])).toEqual([
    ['the same', 'ann', 'present'],
  ]);
  // Of the same person it is the same connection: a repeated join is no second device.
  await store.join('ids', undefined, wanted('ann'));
  expect((await store.snapshot('ids', undefined)).entries.size).toBe(1);
});
