import type { ClusterMember } from './cluster-nodes.ts';
import type { ObservedTopology, ReachableNode } from './observed.ts';
import { reachableNodes } from './observed.ts';
import { formatSlotRanges, SLOT_COUNT, type SlotRange } from './slots.ts';

/** The node id of the owner of each slot, undefined for a slot without an owner. Always 16384 long. */
export type SlotOwners = readonly (string | undefined)[];

/**
 * The owner of each slot by all that the nodes that answer know. Where they contradict each other the claim with
 * the highest config epoch holds, as in Redis itself; between equal epochs, what a node says of itself.
 */
export function slotOwners(observed: ObservedTopology): SlotOwners {
  const claims = reachableNodes(observed).flatMap((node) =>
    node.table
      .filter((member) => member.slots.length > 0)
      // Half an epoch lets a node's word of itself win over others' at the same epoch and nothing more.
      .map((member) => ({ member, weight: member.configEpoch + (member.id === node.id ? 0.5 : 0) })),
  );
  return paint(claims.sort((a, b) => a.weight - b.weight).map((claim) => claim.member));
}

/** Later members paint over earlier ones. */
function paint(members: readonly ClusterMember[]): (string | undefined)[] {
  const owners = new Array<string | undefined>(SLOT_COUNT).fill(undefined);
  for (const member of members) {
    for (const range of member.slots) {
      owners.fill(member.id, range.start, range.end + 1);
    }
  }
  return owners;
}

/** The slots of each owner, as ranges. */
export function slotsByOwner(owners: SlotOwners): Map<string, SlotRange[]> {
  const result = new Map<string, SlotRange[]>();
  for (const { owner, start, end } of runs(owners)) {
    if (owner !== undefined) {
      result.set(owner, [...(result.get(owner) ?? []), { start, end }]);
    }
  }
  return result;
}

/** The slots that no node that answers knows an owner of. */
export function unassignedSlots(owners: SlotOwners): SlotRange[] {
  return runs(owners)
    .filter((run) => run.owner === undefined)
    .map(({ start, end }) => ({ start, end }));
}

/** Neighbouring slots with one owner, in order. */
function runs(owners: SlotOwners): (SlotRange & { owner: string | undefined })[] {
  const result: (SlotRange & { owner: string | undefined })[] = [];
  let start = 0;
  for (let slot = 1; slot <= owners.length; slot++) {
    if (slot === owners.length || owners[slot] !== owners[start]) {
      result.push({ start, end: slot - 1, owner: owners[start] });
      start = slot;
    }
  }
  return result;
}

/**
 * How many slots can be served: every primary that owns slots sends their clients to a node that is alive. The
 * primaries need not name the same one: for a moment after a planned failover some still name the old primary, which
 * lives and passes clients on. Replicas and newcomers have no say, because no client asks them.
 */
export function slotsCovered(live: readonly ReachableNode[], owners: SlotOwners): number {
  const alive = new Set(live.map((node) => node.id));
  const owning = new Set(owners);
  // Primaries that agree, as almost always, have one view between them.
  const views = new Map(
    live
      .filter((node) => owning.has(node.id))
      .map((node) => servingRows(node, alive))
      .map((rows) => [viewKey(rows), rows]),
  );
  const maps = [...views.values()].map(paint);
  if (maps.length === 0) return 0;
  return owners.filter((_, slot) => maps.every((map) => map[slot] !== undefined)).length;
}

function servingRows(node: ReachableNode, alive: ReadonlySet<string>): ClusterMember[] {
  return node.table.filter(
    (member) =>
      member.slots.length > 0 &&
      alive.has(member.id) &&
      !member.flags.some((flag) => flag === 'fail' || flag === 'noaddr'),
  );
}

function viewKey(rows: readonly ClusterMember[]): string {
  return rows
    .map((row) => `${row.id} ${formatSlotRanges(row.slots)}`)
    .sort()
    .join('\n');
}
