import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';
import { startTcpBalancer, type TcpBalancer } from './tcp-balancer.ts';

const START_MS = 180_000;
/** Nobody listens there: the port is reserved (IANA, tcpmux). */
const NOWHERE = 1;

describe('a client that loses its connection and comes back to another server', () => {
  let redis: RedisClusterProcesses;
  let pods: PresenceServer[] = [];
  let way: TcpBalancer;

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
    await Promise.all(pods.map(untilReady));
    way = await startTcpBalancer(pods[0]?.port ?? 0);
  }, START_MS);

  afterAll(async () => {
    await way?.close();
    await Promise.all(pods.map((pod) => pod.drain()));
    await redis?.close();
  }, START_MS);

  it('shows only the last of what it was told meanwhile, and is told only what changed', async () => {
    const wedding = 'tunnel';
    const port = pods[1]?.port ?? 0;
    const bob = await RawClient.join(port, await signToken({ user: 'bob', weddings: [wedding] }), wedding);
    const whole: number[] = [];
    const changed: (string | undefined)[] = [];
    const ann = new PresenceClient({
      url: `ws://127.0.0.1:${way.port}/v1/presence`,
      token: await signToken({ user: 'ann', weddings: [wedding] }),
    });
    const joined = await ann.join(
      wedding,
      { status: 'before' },
      {
        onSnapshot: (members) => whole.push(members.size),
        onDiff: (changes) => {
          for (const change of changes)
            if (change.op === 'set' && change.member.user === 'bob') changed.push(change.member.status);
        },
      },
    );
    way.target = NOWHERE;
    ann.interrupt();
    await bob.next('diff', (diff) =>
      diff.changes.some((change) => change.op === 'set' && change.member.state === 'reconnecting'),
    );
    const updates = ['one', 'two', 'three'].map((status) => joined.update({ status }));
    bob.send({ type: 'update', id: 'u', wedding, status: 'while ann was away' });
    const { seq } = await bob.next('ack');
    way.target = port;
    await Promise.all(updates);
    await eventually(
      () => changed,
      (all) => all.includes('while ann was away'),
    );
    expect(joined.position.seq).toBeGreaterThanOrEqual(seq);
    expect(whole).toEqual([2]);
    const shown = () =>
      bob
        .changes()
        .flatMap((change) => (change.op === 'set' && change.member.user === 'ann' ? [change.member] : []));
    await eventually(shown, (all) => all.at(-1)?.state === 'present' && all.at(-1)?.status === 'three');
    expect(new Set(shown().map(({ status }) => status))).toEqual(new Set(['before', 'three']));
    expect(bob.changes().some((change) => change.op === 'leave')).toBe(false);
    await Promise.all([ann.close(), bob.close()]);
  });
});
