import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import type { ObservedNode, ObservedTopology } from './observed.ts';
import { planTopology } from './plan.ts';
import type { TakeOverStep } from './step.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };
const FORMS_WITHIN_ROUNDS = 20;

/** Two of three primaries are dead, for Kubernetes too, after it had asked each in vain for so many milliseconds. */
function lost(probeFailureWindowMs: readonly [number?, number?]): ObservedTopology {
  const cluster = new ModelRedisCluster(DESIRED.shards, DESIRED.replicasPerShard);
  for (let round = 0; round < FORMS_WITHIN_ROUNDS; round++) {
    for (const step of planTopology(cluster.observe(), DESIRED).steps) cluster.apply(step);
    cluster.gossip();
  }
  for (const [index, { slots, shard }] of cluster.nodes.entries()) {
    if (slots.length > 0 && shard < 2) cluster.setUp(index, false, true);
  }
  cluster.gossip();
  const nodes = cluster.observe().nodes.map((node): ObservedNode => {
    const ms = probeFailureWindowMs[node.shard];
    return node.reachable || ms === undefined ? node : { ...node, probeFailureWindowMs: ms };
  });
  return { nodes };
}

function takeOver(observed: ObservedTopology): TakeOverStep | undefined {
  return planTopology(observed, DESIRED).steps.find(
    (step): step is TakeOverStep => step.kind === 'failover' && step.mode === 'TakeOver',
  );
}

const change = (observed: ObservedTopology, to: (node: ObservedNode) => ObservedNode): ObservedTopology => ({
  nodes: observed.nodes.map(to),
});

describe('a take-over', () => {
  it('names the pods that are silent, and for how long all of them were asked in vain', () => {
    const observed = lost([3_000, 4_000]);
    const silent = observed.nodes.filter(({ reachable }) => !reachable).map(({ pod }) => pod);
    expect(takeOver(observed)).toMatchObject({ lost: silent, probeFailureWindowMs: 3_000 });
    expect(silent).toHaveLength(2);
  });

  it.each<[string, ObservedTopology]>([
    ['a kubelet says nothing of it', lost([3_000])],
    ['a lost primary has no address, so nobody was asked', change(lost([3_000, 3_000]), withoutAddress)],
    ['a peer has lost its address only', change(lost([3_000, 3_000]), withNoaddr)],
  ])('counts from now on when %s', (_, observed) => {
    expect(takeOver(observed)).toMatchObject({ probeFailureWindowMs: 0 });
  });
});

function withoutAddress(node: ObservedNode): ObservedNode {
  if (node.reachable || node.shard !== 0) return node;
  const { address: _, ...rest } = node;
  return rest;
}

/** In the table of one node. */
function withNoaddr(node: ObservedNode): ObservedNode {
  if (!node.reachable || node.shard !== 2) return node;
  const table = node.table.map((row) => (row.flags.includes('fail') ? { ...row, flags: ['noaddr'] } : row));
  return { ...node, table };
}
