import type { DesiredTopology, ReachableNode } from './observed.ts';
import { unassignedSlots } from './ownership.ts';
import { evenSplit, formatSlotRanges, rangesOf, type SlotRange, slotsOf } from './slots.ts';
import type { Step } from './step.ts';
import type { ShardView, TopologyView } from './view.ts';

/**
 * Gives slots without an owner to the shards whose even share they are: all of them when the cluster is blank, the
 * rest of them when an earlier attempt stopped half-way. The caller has made sure that every desired pod answers.
 */
export function assignSlotsSteps(view: TopologyView, desired: DesiredTopology): Step[] {
  const unassigned = new Set(slotsOf(unassignedSlots(view.owners)));
  const primaries = futurePrimaries(view, desired);
  const given = evenSplit(desired.shards).flatMap((share, index) => {
    const node = primaries.get(index);
    const wanted = rangesOf(slotsOf([share]).filter((slot) => unassigned.has(slot)));
    return node === undefined || wanted.length === 0 ? [] : [{ node, wanted, index }];
  });
  return [
    ...epochSteps(
      view,
      given.map(({ node }) => node),
    ),
    ...given.map(({ node, wanted, index }) => addSlots(node, wanted, index)),
  ];
}

/**
 * A different epoch for each blank node, those that get slots above the others. Nodes of one epoch settle that by themselves, and
 * one that is to be a replica may then have a later epoch than its primary: see `bumpEpochSteps`.
 */
function epochSteps(view: TopologyView, primaries: readonly ReachableNode[]): Step[] {
  const latest = Math.max(0, ...view.live.map((node) => node.configEpoch));
  const replicas = view.live.filter((node) => !primaries.includes(node) && !node.terminating);
  return [...replicas, ...primaries]
    .filter((node) => node.configEpoch === 0 && node.table.length === 1)
    .map((node, index) => {
      const because = `${node.pod} ${primaries.includes(node) ? 'becomes a primary' : 'becomes a replica'}`;
      return { kind: 'setConfigEpoch', pod: node.pod, epoch: latest + 1 + index, because };
    });
}

function addSlots(node: ReachableNode, slots: readonly SlotRange[], index: number): Step {
  const because = `the slots ${formatSlotRanges(slots)} of shard ${index} have no owner`;
  return { kind: 'addSlots', pod: node.pod, slots, because };
}

/**
 * The primary of each desired shard: who owns its slots, or else one of its pods, chosen so that no Kubernetes
 * node holds more of them than it must. The same look gives the same choice.
 */
export function futurePrimaries(view: TopologyView, desired: DesiredTopology): Map<number, ReachableNode> {
  const chosen = new Map<number, ReachableNode>();
  const perNode = new Map<string, number>();
  const choose = (index: number, node: ReachableNode): void => {
    chosen.set(index, node);
    const name = node.kubernetesNode ?? node.pod;
    perNode.set(name, (perNode.get(name) ?? 0) + 1);
  };
  const wanted = view.shards.filter((shard) => shard.index < desired.shards);
  for (const shard of wanted) {
    if (shard.primary.kind === 'live') {
      choose(shard.index, shard.primary.node);
    }
  }
  for (const shard of wanted.filter((candidate) => candidate.primary.kind === 'none')) {
    const best = candidates(shard, view, perNode)[0];
    if (best !== undefined) {
      choose(shard.index, best);
    }
  }
  return chosen;
}

function candidates(
  shard: ShardView,
  view: TopologyView,
  perNode: ReadonlyMap<string, number>,
): ReachableNode[] {
  const followers = (node: ReachableNode): number =>
    view.live.filter((other) => other.primaryId === node.id).length;
  const load = (node: ReachableNode): number => perNode.get(node.kubernetesNode ?? node.pod) ?? 0;
  return shard.others
    .filter((node) => node.role === 'primary' && !node.terminating)
    .sort(
      (a, b) =>
        followers(b) - followers(a) ||
        Math.sign(b.configEpoch) - Math.sign(a.configEpoch) ||
        load(a) - load(b) ||
        a.pod.localeCompare(b.pod, 'en', { numeric: true }),
    );
}
