import { formatAddress, inHandshake, looksFailed, sameAddress } from './cluster-nodes.ts';
import { ENGINES } from './engine.ts';
import { futurePrimaries } from './forming.ts';
import type { DesiredTopology, ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import type { HealAddressStep, MeetStep, ReplicateStep, Step } from './step.ts';
import type { TopologyView } from './view.ts';

/** Bounds one set: 90 shards of two pods could otherwise ask for 32,000 introductions at once. */
export const MAX_MEETS_PER_SET = 200;

/** Nodes that others know at an address where they no longer are, and have lost: introduced at the new one. */
export function healAddressSteps(view: TopologyView): HealAddressStep[] {
  return pairs(view)
    .filter(([viewer, subject]) => isLost(viewer, subject))
    .map(
      ([viewer, subject]): HealAddressStep => ({
        kind: 'healAddress',
        pod: viewer.pod,
        peer: subject.pod,
        because: `${viewer.pod} has the address ${knownAddress(viewer, subject)} for ${subject.pod}, which is at ${formatAddress(subject.address)}`,
      }),
    )
    .slice(0, MAX_MEETS_PER_SET);
}

function isLost(viewer: ReachableNode, subject: ReachableNode): boolean {
  const row = rowOf(viewer, subject.id);
  return (
    row !== undefined &&
    !sameAddress(row.address, subject.address) &&
    (looksFailed(row) || row.linkState === 'disconnected') &&
    !isMeeting(viewer, subject)
  );
}

function knownAddress(viewer: ReachableNode, subject: ReachableNode): string {
  const row = rowOf(viewer, subject.id);
  return row === undefined || row.address.host === '' ? 'no address' : formatAddress(row.address);
}

/**
 * Introduces the nodes to each other. First one node meets all it does not know, so that there is one cluster
 * and not two halves; once it knows all, those whom gossip has not reached yet are introduced directly.
 */
export function meetSteps(view: TopologyView): MeetStep[] {
  const hub = hubOf(view);
  const unacquainted = pairs(view).filter(([viewer, subject]) => isUnknownTo(viewer, subject));
  const ofHub = unacquainted.filter(([viewer]) => viewer === hub);
  const chosen = ofHub.length > 0 ? ofHub : unacquainted.toSorted(sameShardFirst);
  return chosen
    .filter(([viewer, subject]) => !isMeeting(viewer, subject))
    .map(
      ([viewer, subject]): MeetStep => ({
        kind: 'meet',
        pod: viewer.pod,
        peer: subject.pod,
        because: `${viewer.pod} does not know ${subject.pod}`,
      }),
    )
    .slice(0, MAX_MEETS_PER_SET);
}

function sameShardFirst(a: readonly ReachableNode[], b: readonly ReachableNode[]): number {
  const foreign = ([viewer, subject]: readonly ReachableNode[]): number =>
    viewer?.shard === subject?.shard ? 0 : 1;
  return foreign(a) - foreign(b);
}

/** The node that knows most of the others; a member before a newcomer. */
function hubOf(view: TopologyView): ReachableNode | undefined {
  const known = new Map(
    view.live.map((node) => [node, view.live.filter((other) => isKnown(node, other)).length]),
  );
  const isMember = (node: ReachableNode): number => (view.members.includes(node) ? 1 : 0);
  return view.live
    .filter((node) => !node.terminating && node.bannedSeconds === undefined)
    .sort(
      (a, b) =>
        isMember(b) - isMember(a) ||
        (known.get(b) ?? 0) - (known.get(a) ?? 0) ||
        a.pod.localeCompare(b.pod, 'en', { numeric: true }),
    )[0];
}

/** Whether `viewer` knows `subject` by its name, so that it can follow it. */
function isKnown(viewer: ReachableNode, subject: ReachableNode): boolean {
  const row = rowOf(viewer, subject.id);
  return row !== undefined && !inHandshake(row);
}

function isUnknownTo(viewer: ReachableNode, subject: ReachableNode): boolean {
  return !isKnown(viewer, subject);
}

/** A handshake with that address is under way; Redis gives it up by itself after the node timeout. */
function isMeeting(viewer: ReachableNode, subject: ReachableNode): boolean {
  return viewer.table.some((member) => inHandshake(member) && sameAddress(member.address, subject.address));
}

function pairs(view: TopologyView): [ReachableNode, ReachableNode][] {
  // A banned node cannot be introduced: its peers know it for a moment and then drop it.
  const nodes = view.live.filter((node) => !node.terminating && node.bannedSeconds === undefined);
  return nodes.flatMap((viewer) =>
    nodes
      .filter((subject) => subject !== viewer)
      .map((subject): [ReachableNode, ReachableNode] => [viewer, subject]),
  );
}

/**
 * Makes every pod that owns no slots a replica of its shard's live primary, once it knows that primary at its
 * right address. A pod with slots is never made a replica, whatever its label.
 */
export function replicateSteps(view: TopologyView, desired: DesiredTopology): Step[] {
  const primaries = futurePrimaries(view, desired);
  const wanted = view.shards.filter((shard) => shard.index < desired.shards);
  return wanted.flatMap((shard) => {
    const primary = primaries.get(shard.index);
    if (primary === undefined || primary.role !== 'primary') {
      return [];
    }
    return shard.others
      .filter((node) => node !== primary && !node.terminating && canFollow(node, primary))
      .map((node) => replicateStep(node, primary, view))
      .filter((step) => step !== undefined);
  });
}

function canFollow(node: ReachableNode, primary: ReachableNode): boolean {
  const row = rowOf(node, primary.id);
  return (
    node.slots.length === 0 &&
    row !== undefined &&
    !inHandshake(row) &&
    row.role === 'primary' &&
    sameAddress(row.address, primary.address)
  );
}

function replicateStep(
  node: ReachableNode,
  primary: ReachableNode,
  view: TopologyView,
): ReplicateStep | undefined {
  const because = whyReplicate(node, primary, view);
  return because === undefined
    ? undefined
    : { kind: 'replicate', pod: node.pod, primary: primary.pod, primaryId: primary.id, because };
}

function whyReplicate(node: ReachableNode, primary: ReachableNode, view: TopologyView): string | undefined {
  if (node.role === 'primary') {
    return `${node.pod} owns no slots and belongs to the shard of ${primary.pod}`;
  }
  if (node.primaryId !== primary.id) {
    // A replica whose own primary does not answer may hold the only copy: it stays as it is.
    const current = view.byId.get(node.primaryId ?? '');
    return current === undefined
      ? undefined
      : `${node.pod} follows ${current.pod}, not ${primary.pod} of its own shard`;
  }
  const stale = node.primaryAddress !== undefined && !sameAddress(node.primaryAddress, primary.address);
  return stale && !ENGINES[node.engine.name].followsMovedPrimary
    ? `${node.pod} looks for its primary ${primary.pod} at an address where it no longer is`
    : undefined;
}
