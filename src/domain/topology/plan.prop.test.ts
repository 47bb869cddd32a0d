import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import { planTopology, type TopologyPlan } from './plan.ts';
import { SLOT_COUNT } from './slots.ts';

const MAX_ROUNDS = 40;

/** Looks, plans and carries out the steps that `survives` lets through, until the plan is steady. */
function converge(
  cluster: ModelRedisCluster,
  desired: { shards: number; replicasPerShard: number },
  survives: (round: number, step: number) => boolean,
): TopologyPlan {
  let plan = planTopology(cluster.observe(), desired);
  for (let round = 0; round < MAX_ROUNDS && plan.state !== 'Steady'; round++) {
    plan.steps.forEach((step, index) => {
      // An operator that dies in every set would never finish; in the last rounds it lives.
      if (round >= MAX_ROUNDS / 2 || survives(round, index)) cluster.apply(step);
    });
    cluster.gossip();
    plan = planTopology(cluster.observe(), desired);
  }
  return plan;
}

const desiredShape = fc.record({
  shards: fc.integer({ min: 3, max: 5 }),
  replicasPerShard: fc.integer({ min: 1, max: 2 }),
});
/** Which steps of which rounds an operator lives to carry out. */
const survival = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 40 })
  .map((lives) => (round: number, step: number) => lives[(round * 7 + step) % lives.length] ?? true);

describe('planTopology', () => {
  it('forms the Redis Cluster from blank pods wherever the operator dies', () => {
    fc.assert(
      fc.property(desiredShape, survival, (desired, survives) => {
        const cluster = new ModelRedisCluster(desired.shards, desired.replicasPerShard);
        const plan = converge(cluster, desired, survives);
        expect(plan.reason).toContain('serve all');
        expect(plan).toMatchObject({ state: 'Steady', slotsCovered: SLOT_COUNT, steps: [] });
        expect(plan.shards.map((shard) => shard.replicas.length)).toEqual(
          Array.from({ length: desired.shards }, () => desired.replicasPerShard),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('forms as many shards as a PresenceCluster may have', () => {
    const desired = { shards: 90, replicasPerShard: 1 };
    const plan = converge(new ModelRedisCluster(90, 1), desired, () => true);
    expect(plan).toMatchObject({ state: 'Steady', slotsCovered: SLOT_COUNT, steps: [] });
    expect(new Set(plan.shards.map(({ slots }) => slots))).toEqual(new Set([182, 183]));
  });

  it('heals and keeps the data when all pods move and one is lost for good', () => {
    fc.assert(
      fc.property(desiredShape, survival, fc.nat(), fc.boolean(), (desired, survives, victim, allMove) => {
        const cluster = new ModelRedisCluster(desired.shards, desired.replicasPerShard);
        converge(cluster, desired, () => true);
        const before = cluster.dataByShard();

        if (allMove) cluster.moveAll();
        cluster.replaceBlank(victim % cluster.nodes.length);
        const plan = converge(cluster, desired, survives);

        expect(plan.reason).toContain('serve all');
        expect(cluster.dataByShard()).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  it('never gives slots out again while a pod is silent or the last copy of a shard is lost', () => {
    fc.assert(
      fc.property(desiredShape, fc.nat(), fc.boolean(), (desired, nth, silent) => {
        const cluster = new ModelRedisCluster(desired.shards, desired.replicasPerShard);
        converge(cluster, desired, () => true);
        const shard = nth % desired.shards;
        cluster.nodes.forEach((node, index) => {
          if (node.shard === shard) {
            cluster.replaceBlank(index);
            cluster.setUp(index, !silent);
          }
        });

        const plan = converge(cluster, desired, () => true);

        expect(plan.state).toBe(silent ? 'Waiting' : 'Degraded');
        expect(plan.slotsCovered).toBeLessThan(SLOT_COUNT);
      }),
      { numRuns: 20 },
    );
  });
});
