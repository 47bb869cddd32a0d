import type { ObservedNode, ObservedTopology } from '../../src/domain/topology/observed.ts';
import type { TopologyPlan } from '../../src/domain/topology/plan.ts';

/** Kubernetes nodes of each shard's pods, and which of them is the primary. */
export interface Layout {
  readonly places: string[][];
  readonly primary: number[];
}

/** What the operator would see of it: every pod answers, and every replica is in sync. */
export function look({ places, primary }: Layout): { observed: ObservedTopology; plan: TopologyPlan } {
  const name = (shard: number, ordinal: number) => `redis-${shard}-${ordinal}`;
  const nodes = places.flatMap((shard, index) =>
    shard.map(
      (kubernetesNode, ordinal) =>
        ({ pod: name(index, ordinal), shard: index, kubernetesNode, reachable: true }) as ObservedNode,
    ),
  );
  const shards = places.map((shard, index) => ({
    index,
    primary: name(index, primary[index] ?? 0),
    slots: 1,
    replicas: shard.flatMap((_, ordinal) =>
      ordinal === primary[index] ? [] : [{ pod: name(index, ordinal), linkUp: true, lag: 0 }],
    ),
  }));
  return {
    observed: { nodes },
    plan: { state: 'Steady', steps: [], lost: [], reason: '', slotsCovered: 16_384, shards },
  };
}
