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
  let nextEpoch = Math.max(0, ...view.live.map((node) => node.configEpoch)) + 1;
  const epochs: Step[] = [];
  const slots: Step[] = [];
  evenSplit(desired.shards).forEach((share, index) => {
    const node = primaries.get(index);
    const wanted = rangesOf(slotsOf([share]).filter((slot) => unassigned.has(slot)));
    if (node === undefined || wanted.length === 0) {
      return;
    }
    // Redis takes an epoch only from a node that knows no other; a later collision it settles by itself.
    if (node.configEpoch === 0 && node.table.length === 1) {
      epochs.push({
        kind: 'setConfigEpoch',
        pod: node.pod,
        epoch: nextEpoch++,
        because: `${node.pod} becomes the primary of shard ${index}`,
      });
    }
    slots.push(addSlots(node, wanted, index));
  });
  return [...epochs, ...slots];
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
