import { formatAddress, inHandshake, looksFailed, sameAddress } from './cluster-nodes.ts';
import type { ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { formatSlotRanges } from './slots.ts';
import type { BumpEpochStep } from './step.ts';
import type { TopologyView } from './view.ts';

/**
 * Where the nodes do not agree on who is there, at which address, in which role and with which slots; a sentence
 * each, empty when all agree. What a node says of itself is the truth that the others' tables are held against.
 *
 * A step that changes a role must wait for this: a second failover in a shard is answered OK and then denied for
 * seconds while others still list the old primary.
 */
export function disagreements(members: readonly ReachableNode[]): string[] {
  return members.flatMap((viewer) => [
    ...handshakes(viewer),
    ...members
      .filter((subject) => subject.id !== viewer.id)
      .map((subject) => disagreement(viewer, subject))
      .filter((sentence) => sentence !== undefined),
  ]);
}

function handshakes(viewer: ReachableNode): string[] {
  return viewer.table
    .filter(inHandshake)
    .map((member) => `${viewer.pod} is in a handshake with ${formatAddress(member.address)}`);
}

function disagreement(viewer: ReachableNode, subject: ReachableNode): string | undefined {
  const row = rowOf(viewer, subject.id);
  if (row === undefined) {
    return `${viewer.pod} does not know ${subject.pod}`;
  }
  if (!sameAddress(row.address, subject.address)) {
    return `${viewer.pod} knows ${subject.pod} at ${formatAddress(row.address)}, not at ${formatAddress(subject.address)}`;
  }
  if (looksFailed(row)) {
    return `${viewer.pod} considers ${subject.pod} failed`;
  }
  if (row.role !== subject.role || row.primaryId !== subject.primaryId) {
    return `${viewer.pod} sees ${subject.pod} as ${role(row)}, but it is ${role(subject)}`;
  }
  const [seen, own] = [formatSlotRanges(row.slots), formatSlotRanges(subject.slots)];
  return seen === own ? undefined : `${viewer.pod} gives ${subject.pod} the slots ${seen}, which owns ${own}`;
}

function role(node: { role: 'primary' | 'replica'; primaryId?: string }): string {
  return node.primaryId === undefined ? `a ${node.role}` : `a replica of ${node.primaryId}`;
}

/** The first node that its peers refuse, in one sentence; undefined when there is none. */
export function bannedNode(nodes: readonly ReachableNode[]): string | undefined {
  const banned = nodes.find(({ bannedSeconds }) => bannedSeconds !== undefined);
  return banned === undefined
    ? undefined
    : `${banned.pod} was forgotten by its peers (CLUSTER FORGET), which refuse it for ${banned.bannedSeconds} more seconds`;
}

/**
 * A new epoch for each primary whose replica another node takes for a primary, and will do so for ever.
 *
 * A message that a node sent before it became a replica may arrive after those that it sent as one. The receiver then lists it
 * as a primary again. Valkey 9 ignores what a replica says of itself while the epoch in that row is above the epoch
 * of its primary (`clusterProcessPacket`, "Ignore stale message"), and nothing lowers the one or raises the other. CLUSTER
 * BUMPEPOCH raises it.
 *
 * Only once the replica is in sync: until then, the messages that settle it may be on their way.
 */
export function bumpEpochSteps(view: TopologyView): BumpEpochStep[] {
  const steps = new Map<string, BumpEpochStep>();
  for (const replica of view.live.filter(({ role, linkUp }) => role === 'replica' && linkUp === true)) {
    const primary = view.byId.get(replica.primaryId ?? '');
    const viewer =
      primary === undefined ? undefined : view.live.find((node) => ignores(node, replica, primary));
    if (primary === undefined || viewer === undefined) continue;
    const because = `${viewer.pod} takes ${replica.pod} for a primary of a later epoch than that of its primary ${primary.pod}`;
    steps.set(primary.pod, { kind: 'bumpEpoch', pod: primary.pod, because });
  }
  return [...steps.values()];
}

function ignores(viewer: ReachableNode, replica: ReachableNode, primary: ReachableNode): boolean {
  const row = viewer === replica ? undefined : rowOf(viewer, replica.id);
  return primary.role === 'primary' && row?.role === 'primary' && row.configEpoch > primary.configEpoch;
}
