import { planTopology } from '../../src/domain/topology/plan.ts';
import type { RollStep } from '../../src/domain/topology/roll.ts';
import { acceptance } from '../../src/operator/cluster-state/accepted-spec.ts';
import {
  planReconcile,
  type ReconcilePlan,
} from '../../src/operator/presence-cluster/plan/reconcile-plan.ts';
import { ModelRedisCluster } from './model-redis-cluster.ts';
import { IMAGES, observed, pod, presenceCluster } from './presence-cluster-builder.ts';

export type Seen = Parameters<typeof observed>[0];

const DESIRED = { shards: 3, replicasPerShard: 1 };

/** A Redis Cluster of three shards that is formed and steady. */
export function formedModel(): ModelRedisCluster {
  const model = new ModelRedisCluster(3, 1);
  for (let round = 0; round < 20; round++) {
    for (const step of planTopology(model.observe(), DESIRED).steps) model.apply(step);
    model.gossip();
  }
  return model;
}

/** `spec.scaling` with factor 1 all year: the computed number is the baseline. */
export const STEADY_SCALING = {
  baselineReplicas: 2,
  seasonMultipliers: Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), 1])),
  peaks: [],
};

export const READY_PODS = [pod('p-1', 'presence'), pod('p-2', 'presence')];

/** The plan of a PresenceCluster in which all is well, unless `more` says otherwise. */
export function planOf(more: Seen = {}, roll?: RollStep): ReconcilePlan {
  const seen = observed({
    cluster: presenceCluster({ scaling: STEADY_SCALING }),
    topology: {
      nodes: formedModel()
        .observe()
        .nodes.map((node) => ({ ...node, kubernetesNode: `of-${node.pod}` })),
    },
    presencePods: READY_PODS,
    ...more,
  });
  const accepted = acceptance(seen.cluster);
  if (!accepted.serving) throw new Error('no spec is in use');
  const plan = planReconcile(seen, accepted, accepted.serving, IMAGES);
  return roll ? { ...plan, roll } : plan;
}
