import { formatAddress, inHandshake, looksFailed, sameAddress } from './cluster-nodes.ts';
import type { ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { formatSlotRanges } from './slots.ts';

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
