import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { aclFile } from '../../../src/domain/topology/acl.ts';
import type { EngineName } from '../../../src/domain/topology/engine.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const PASSWORD = 'the password of the presence user';

/** Gives every node the presence user of the operator's ACL file; `default` stays on for the test itself. */
async function addPresenceUser(redis: RedisClusterProcesses, engine: EngineName): Promise<void> {
  const hash = createHash('sha256').update(PASSWORD).digest('hex');
  const line = aclFile({ operator: hash, presence: hash, probe: hash, replication: hash }, engine)
    .split('\n')
    .find((each) => each.startsWith('user presence '));
  for (const node of redis.primaries) {
    const admin = new Redis({ host: node.host, port: node.port });
    await admin.call('ACL', 'SETUSER', ...(line ?? '').split(' ').slice(1));
    admin.disconnect();
  }
}

it.each(['valkeyServer', 'redisServer'] as const)(
  'serves with no more rights than its user of %s has',
  async (server) => {
    const tools = await ensureTools();
    const redis = await startRedisCluster({ server: tools[server], primaries: 3 });
    try {
      await addPresenceUser(redis, server === 'valkeyServer' ? 'valkey' : 'redis');
      const user = { PRESENCE_REDIS_USERNAME: 'presence', PRESENCE_REDIS_PASSWORD: PASSWORD };
      const pods = await Promise.all([startPod(redis.nodes, user), startPod(redis.nodes, user)]);
      await Promise.all(pods.map(untilReady));
      const [first, second] = pods.map((pod) => pod.port);
      const ann = await RawClient.join(first ?? 0, await signToken({ user: 'ann' }));
      const bob = await RawClient.join(second ?? 0, await signToken({ user: 'bob' }));
      // One after the other: what comes right after an arrival may be shown together with it.
      const shown = (status?: string) =>
        ann.next('diff', ({ changes }) =>
          changes.some(
            (one) => one.op === 'set' && one.member.user === 'bob' && one.member.status === status,
          ),
        );
      await shown();
      bob.send({ type: 'update', wedding: 'ada', status: 'with few rights' });
      await shown('with few rights');
      bob.send({ type: 'leave', wedding: 'ada' });
      await ann.next('diff', (diff) => diff.changes.some((change) => change.op === 'leave'));
      expect(ann.changes().map((change) => change.op)).toEqual(['set', 'set', 'leave']);
      await Promise.all([ann.close(), bob.close()]);
      await Promise.all(pods.map((pod) => pod.drain()));
    } finally {
      await redis.close();
    }
  },
);
