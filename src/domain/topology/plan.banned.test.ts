import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import { banSeconds } from './engine.ts';
import type { ObservedTopology } from './observed.ts';
import { planTopology } from './plan.ts';

const settle = (cluster: ModelRedisCluster, shards: number) => {
  const desired = { shards, replicasPerShard: 1 };
  for (let round = 0; round < 20; round++) {
    for (const step of planTopology(cluster.observe(), desired).steps) cluster.apply(step);
    cluster.gossip();
  }
};

const withBan = (observed: ObservedTopology, banned: (pod: string) => boolean): ObservedTopology => ({
  nodes: observed.nodes.map((node) =>
    node.reachable && banned(node.pod) ? { ...node, bannedSeconds: 9 } : node,
  ),
});

describe('banSeconds', () => {
  it.each([
    [{ name: 'valkey', version: '9.1.2' }, '10', 10],
    [{ name: 'valkey', version: '9.1.2' }, undefined, 60],
    [{ name: 'redis', version: '7.0.15' }, undefined, 0],
    [{ name: 'redis', version: '7.2.4' }, undefined, 60],
    [{ name: 'redis', version: '8.4.0' }, undefined, 60],
  ] as const)('of %j with %s is %s', (engine, configured, seconds) => {
    expect(banSeconds(engine, configured)).toBe(seconds);
  });
});

describe('a plan with banned nodes', () => {
  const REASON = 'redis-3-0 was forgotten by its peers (CLUSTER FORGET), which refuse it for 9 more seconds';

  it('introduces none of them and moves nothing, and says how long', () => {
    const cluster = new ModelRedisCluster(3, 1);
    settle(cluster, 3);
    cluster.addShards(3, 4, 1);
    const isNew = (pod: string) => pod.startsWith('redis-3-');
    const desired = { shards: 4, replicasPerShard: 1 };
    const plan = planTopology(withBan(cluster.observe(), isNew), desired);
    expect(plan).toMatchObject({ state: 'Waiting', steps: [], reason: REASON });
    expect(planTopology(cluster.observe(), desired).steps).not.toEqual([]);
  });

  it('moves nothing onto one that its peers know for a moment', () => {
    const cluster = new ModelRedisCluster(3, 1);
    settle(cluster, 3);
    cluster.addShards(3, 4, 1);
    const held = { shards: 4, replicasPerShard: 1, movesHeld: 'not yet' };
    for (let round = 0; round < 20; round++) {
      for (const step of planTopology(cluster.observe(), held).steps) cluster.apply(step);
      cluster.gossip();
    }
    const desired = { shards: 4, replicasPerShard: 1 };
    expect(planTopology(cluster.observe(), desired).state).toBe('Moving');
    const plan = planTopology(
      withBan(cluster.observe(), (pod) => pod === 'redis-3-0'),
      desired,
    );
    expect(plan).toMatchObject({ state: 'Waiting', steps: [], reason: REASON });
  });

  it('gives no slots out while one is banned', () => {
    const blank = new ModelRedisCluster(3, 1).observe();
    const plan = planTopology(
      withBan(blank, (pod) => pod === 'redis-2-1'),
      { shards: 3, replicasPerShard: 1 },
    );
    expect(plan).toMatchObject({ state: 'Waiting', steps: [] });
    expect(plan.reason).toContain('redis-2-1 was forgotten by its peers');
  });
});
