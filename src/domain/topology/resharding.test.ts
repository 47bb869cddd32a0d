import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import type { NodeMemory, ObservedTopology, ReachableNode } from './observed.ts';
import { planTopology } from './plan.ts';
import { SLOT_COUNT } from './slots.ts';

const MIB = 1024 * 1024;

function scaled(from: number, to: number) {
  const cluster = new ModelRedisCluster(from, 1);
  const settle = (shards: number) => {
    for (let round = 0; round < 20; round++) {
      const plan = planTopology(cluster.observe(), { shards, replicasPerShard: 1, movesHeld: 'not yet' });
      for (const step of plan.steps) cluster.apply(step);
      cluster.gossip();
    }
  };
  settle(from);
  if (to > from) cluster.addShards(from, to, 1);
  settle(to);
  return cluster;
}

const withMemory = (observed: ObservedTopology, memory: NodeMemory): ObservedTopology => ({
  nodes: observed.nodes.map((node) => (node.reachable ? { ...node, memory } : node)),
});

describe('shards that come and go', () => {
  it('get slots in big batches where the server moves them by itself, in small ones elsewhere', () => {
    const observed = scaled(3, 5).observe();
    const [atomic] = planTopology(observed, { shards: 5, replicasPerShard: 1 }).steps;
    expect(atomic).toMatchObject({ kind: 'moveSlots', method: 'Atomic', target: 'redis-3-0' });
    const redis = {
      nodes: observed.nodes.map(
        (node) => ({ ...node, engine: { name: 'redis', version: '7.0.15' } }) as ReachableNode,
      ),
    };
    const [classic] = planTopology(redis, { shards: 5, replicasPerShard: 1 }).steps;
    expect(classic).toMatchObject({
      kind: 'moveSlots',
      method: 'Classic',
      slots: [{ start: 5206, end: 5461 }],
    });
  });

  it('leave only when the others have room for what they hold', () => {
    const observed = scaled(5, 3).observe();
    const desired = { shards: 3, replicasPerShard: 1 };
    const roomy = withMemory(observed, { used: 40 * MIB, dataset: 30 * MIB, limit: 100 * MIB });
    expect(planTopology(roomy, desired).state).toBe('Moving');
    const tight = withMemory(observed, { used: 70 * MIB, dataset: 60 * MIB, limit: 100 * MIB });
    const plan = planTopology(tight, desired);
    expect(plan).toMatchObject({ state: 'Held', steps: [], slotsCovered: SLOT_COUNT });
    expect(plan.reason).toMatch(/would hold 110 of 100 MiB: raise spec.redis.resources first/);
    const unlimited = withMemory(observed, { used: 70 * MIB, dataset: 60 * MIB, limit: 0 });
    expect(planTopology(unlimited, desired).state).toBe('Moving');
  });

  it('are not evened out over a few slots that somebody moved by hand', () => {
    const cluster = scaled(3, 3);
    const [source, , target] = cluster.nodes;
    cluster.apply({
      kind: 'moveSlots',
      pod: source?.pod ?? '',
      sourceId: source?.id ?? '',
      method: 'Atomic',
      because: '',
      target: target?.pod ?? '',
      targetId: target?.id ?? '',
      slots: [{ start: 0, end: 49 }],
    });
    for (let round = 0; round < 3; round++) cluster.gossip();
    expect(planTopology(cluster.observe(), { shards: 3, replicasPerShard: 1 }).state).toBe('Steady');
  });

  it('go on without the data of a shard of which no copy is left only when the spec says so', () => {
    const cluster = scaled(3, 3);
    cluster.replaceBlank(0);
    cluster.replaceBlank(1);
    const desired = { shards: 3, replicasPerShard: 1 };
    const pass = (allowDataLoss: boolean) => {
      const plan = planTopology(cluster.observe(), { ...desired, allowDataLoss });
      for (const step of plan.steps) cluster.apply(step);
      cluster.gossip();
      return plan;
    };
    for (let round = 0; round < 10; round++) pass(false);
    const waiting = pass(false);
    expect(waiting).toMatchObject({ state: 'Degraded', lost: [{ index: 0, slots: 5462, givenUp: false }] });
    expect(waiting.reason).toContain('set spec.redis.allowDataLoss');
    const plans = Array.from({ length: 10 }, () => pass(true));
    expect(plans[0]?.lost).toEqual([{ index: 0, slots: 5462, givenUp: true }]);
    expect(plans.at(-1)).toMatchObject({ state: 'Steady', slotsCovered: SLOT_COUNT, lost: [] });
  });

  it('are not mixed with another Redis Cluster that owns the same slots', () => {
    const [one, other] = [scaled(3, 3), scaled(3, 3)];
    const foreign = other.observe().nodes.slice(0, 2) as ReachableNode[];
    const mixed = {
      nodes: one.observe().nodes.map((node, at) => {
        const twin = foreign[at];
        const change = (text: string) => text.replace('id', 'foreign');
        return twin === undefined
          ? node
          : {
              ...twin,
              id: change(twin.id),
              ...(twin.primaryId === undefined ? {} : { primaryId: change(twin.primaryId) }),
              table: twin.table.map((row) => ({ ...row, id: change(row.id) })),
            };
      }),
    };
    const plan = planTopology(mixed, { shards: 4, replicasPerShard: 1 });
    // Only slots that both own make them rivals: this one stands for a pod that somebody brought from elsewhere.
    const thief = mixed.nodes.map((node, at) =>
      at === 0 && node.reachable ? { ...node, slots: [{ start: 0, end: 9_000 }] } : node,
    );
    expect(plan.state).not.toBe('Steady');
    expect(planTopology({ nodes: thief }, { shards: 4, replicasPerShard: 1 })).toMatchObject({
      state: 'Degraded',
      steps: [],
      reason: expect.stringContaining('belong to two Redis Clusters that both own the slots 5462-9000'),
    });
  });
});
