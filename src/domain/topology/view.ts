import { sameAddress } from './cluster-nodes.ts';
import type {
  DesiredTopology,
  ObservedNode,
  ObservedTopology,
  ReachableNode,
  UnreachableNode,
} from './observed.ts';
import { reachableNodes } from './observed.ts';
import { type SlotOwners, slotOwners, slotsByOwner } from './ownership.ts';
import { countSlots, evenSplit, type SlotRange } from './slots.ts';

/** Who owns the slots of a shard. `gone`: an id that no pod that answers has. */
export type ShardPrimary =
  | { readonly kind: 'live'; readonly node: ReachableNode }
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'none' };

export interface ShardView {
  readonly index: number;
  readonly primary: ShardPrimary;
  readonly slots: readonly SlotRange[];
  /** Pods with the label of this shard that answer, other than its primary. */
  readonly others: readonly ReachableNode[];
  /** Pods with the label of this shard that do not answer, in words. */
  readonly missing: readonly string[];
}

/** All that the planner needs, worked out once from one look. */
export interface TopologyView {
  readonly live: readonly ReachableNode[];
  readonly byId: ReadonlyMap<string, ReachableNode>;
  readonly owners: SlotOwners;
  /** The desired shards in order, then those that are no longer desired. */
  readonly shards: readonly ShardView[];
  /** Pods that belong to the Redis Cluster by now: they own slots or follow a primary. */
  readonly members: readonly ReachableNode[];
  /** Why not every desired pod is here, a sentence each; empty when all answer. */
  readonly missing: readonly string[];
  /** Pods of shards that are no longer desired and that serve nothing any more: they are on their way out. */
  readonly retired: readonly ReachableNode[];
  readonly silent: readonly UnreachableNode[];
}

/** Puts one look at the pods in order. A shard is known by what its primary owns and by its pods' label. */
export function viewTopology(observed: ObservedTopology, desired: DesiredTopology): TopologyView {
  const retired = retiredNodes(observed, desired);
  const staying = observed.nodes.filter((node) => !retired.includes(node as ReachableNode));
  const live = reachableNodes({ nodes: staying });
  const byId = new Map(live.map((node) => [node.id, node]));
  const owners = slotOwners({ nodes: staying });
  const owned = slotsByOwner(owners);
  const ownerOfShard = assignOwners(owned, observed, desired);
  const labels = new Set([...observed.nodes.map((node) => node.shard), ...ownerOfShard.keys()]);
  for (let index = 0; index < desired.shards; index++) {
    labels.add(index);
  }
  const shards = [...labels]
    .sort((a, b) => a - b)
    .map((index): ShardView => {
      const owner = ownerOfShard.get(index);
      return {
        index,
        primary: primaryOf(owner, byId),
        slots: owner === undefined ? [] : (owned.get(owner) ?? []),
        others: live.filter((node) => node.shard === index && !owned.has(node.id)),
        missing: missingOf(index, owner, observed, desired),
      };
    });
  return {
    live,
    byId,
    owners,
    shards,
    members: live.filter((node) => owned.has(node.id) || node.role === 'replica'),
    missing: shards.flatMap((shard) => shard.missing),
    retired,
    silent: observed.nodes.filter((node) => !node.reachable),
  };
}

/**
 * Of shards that are no longer desired: the pods that own no slots and follow no owner of slots. A replica stays with
 * its primary until that one's last slot has left.
 */
function retiredNodes(observed: ObservedTopology, desired: DesiredTopology): ReachableNode[] {
  const leaving = reachableNodes(observed).filter((node) => node.shard >= desired.shards);
  if (leaving.length === 0) return [];
  const owning = new Set(slotOwners(observed));
  const isOwner = (id: string) => owning.has(id);
  const followsLeaver = ({ primaryId }: ReachableNode) =>
    primaryId !== undefined && isOwner(primaryId) && !isOfDesiredShard(primaryId, observed, desired);
  return leaving.filter((node) => !isOwner(node.id) && !followsLeaver(node));
}

function isOfDesiredShard(id: string, observed: ObservedTopology, desired: DesiredTopology): boolean {
  const node = reachableNodes(observed).find((candidate) => candidate.id === id);
  return node !== undefined && node.shard < desired.shards;
}

function primaryOf(owner: string | undefined, byId: ReadonlyMap<string, ReachableNode>): ShardPrimary {
  if (owner === undefined) {
    return { kind: 'none' };
  }
  const node = byId.get(owner);
  return node === undefined ? { kind: 'gone', id: owner } : { kind: 'live', node };
}

function missingOf(
  index: number,
  owner: string | undefined,
  observed: ObservedTopology,
  desired: DesiredTopology,
): string[] {
  // A shard on its way out is missed as long as slots are left in it.
  if (index >= desired.shards && owner === undefined) return [];
  const pods = observed.nodes.filter((node) => node.shard === index);
  const silent = pods
    .filter((node) => !node.reachable || node.terminating)
    .map((node) => `${node.pod} ${node.reachable ? 'is terminating' : `does not answer (${node.reason})`}`);
  const absent = index < desired.shards ? 1 + desired.replicasPerShard - pods.length : 0;
  return absent > 0 ? [...silent, `shard ${index} lacks ${absent} of its pods`] : silent;
}

/**
 * Gives each owner of slots the shard that it serves: the label of its pod (or of its replicas' or its dead pod's),
 * and where two claim one label, the one that owns more of the label's even share. An owner that is left over gets the
 * shard without an owner whose share it owns most of: a pod promoted in another shard's place serves that one.
 */
function assignOwners(
  owned: ReadonlyMap<string, readonly SlotRange[]>,
  observed: ObservedTopology,
  desired: DesiredTopology,
): Map<number, string> {
  const shares = evenSplit(desired.shards);
  const claims = [...owned].map(([id, slots]) => ({ id, slots, label: labelOf(id, observed) }));
  const result = new Map<number, string>();
  const byShare = (index: number) => (a: { slots: readonly SlotRange[] }, b: typeof a) =>
    overlap(b.slots, shares[index]) - overlap(a.slots, shares[index]);
  for (const label of new Set(claims.map((claim) => claim.label))) {
    if (label !== undefined) {
      const best = claims.filter((claim) => claim.label === label).sort(byShare(label))[0];
      if (best !== undefined) {
        result.set(label, best.id);
      }
    }
  }
  const taken = new Set(result.values());
  for (const claim of claims.filter((candidate) => !taken.has(candidate.id))) {
    const free = [...shares.keys()].filter((index) => !result.has(index));
    const best = free.sort(
      (a, b) => overlap(claim.slots, shares[b]) - overlap(claim.slots, shares[a]) || a - b,
    )[0];
    result.set(best ?? Math.max(desired.shards - 1, ...result.keys()) + 1, claim.id);
  }
  return result;
}

function labelOf(id: string, observed: ObservedTopology): number | undefined {
  const live = reachableNodes(observed);
  const owner = live.find((node) => node.id === id) ?? live.find((node) => node.primaryId === id);
  return (owner ?? silentPodAt(id, observed))?.shard;
}

/** The pod that does not answer now and at whose address others know this id. */
export function silentPodAt(id: string, observed: ObservedTopology): ObservedNode | undefined {
  const rows = reachableNodes(observed).flatMap((node) => node.table.filter((member) => member.id === id));
  return observed.nodes.find(
    (node) =>
      !node.reachable &&
      node.address !== undefined &&
      rows.some((row) => sameAddress(row.address, node.address ?? row.address)),
  );
}

function overlap(slots: readonly SlotRange[], share: SlotRange | undefined): number {
  if (share === undefined) {
    return 0;
  }
  return countSlots(
    slots
      .map((range) => ({ start: Math.max(range.start, share.start), end: Math.min(range.end, share.end) }))
      .filter((range) => range.start <= range.end),
  );
}
