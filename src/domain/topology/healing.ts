import { type ClusterMember, inHandshake } from './cluster-nodes.ts';
import type { ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { countSlots } from './slots.ts';
import type { FailoverStep, ForgetStep } from './step.ts';
import type { ShardView, TopologyView } from './view.ts';

/** What becomes of a shard whose slots belong to an id that no pod that answers has. */
export type Loss =
  /** Somebody is expected: gossip promotes a replica, or the pod with the data comes back. */
  | { readonly kind: 'Waiting'; readonly reason: string }
  /** The owner cannot come back, and its replica can take over with the votes of the majority. */
  | { readonly kind: 'Promote'; readonly step: FailoverStep }
  /** Only a human can say what to do. */
  | { readonly kind: 'Degraded'; readonly reason: string };

/** @param shard a shard whose primary is gone. */
export function judgeLoss(shard: ShardView, view: TopologyView): Loss {
  const goneId = shard.primary.kind === 'gone' ? shard.primary.id : '';
  const replica = bestReplica(goneId, view);
  const slots = countSlots(shard.slots);
  if (replica === undefined) {
    return shard.missing.length > 0
      ? { kind: 'Waiting', reason: `shard ${shard.index} has no live copy of its data: ${shard.missing[0]}` }
      : {
          kind: 'Degraded',
          reason: `shard ${shard.index} has lost its data: all its pods answer and none holds its ${slots} slots`,
        };
  }
  const owners = view.shards.filter((candidate) => candidate.primary.kind !== 'none');
  const alive = owners.filter((candidate) => candidate.primary.kind === 'live').length;
  if (alive * 2 <= owners.length) {
    const reason = `only ${alive} of ${owners.length} primaries answer, no majority to promote ${replica.pod}`;
    return { kind: 'Degraded', reason };
  }
  if (view.missing.length > 0 || !isUpForNoElection(replica, goneId)) {
    const reason = `shard ${shard.index} has lost its primary, ${replica.pod} is to take its place`;
    return { kind: 'Waiting', reason };
  }
  // Redis up to 8 never takes an id without an address for failed, so no replica of it would ever stand for election.
  const because = `all pods answer and none is the primary of shard ${shard.index} any more`;
  return { kind: 'Promote', step: { kind: 'failover', pod: replica.pod, mode: 'Force', because } };
}

function bestReplica(primaryId: string, view: TopologyView): ReachableNode | undefined {
  return view.live
    .filter((node) => node.primaryId === primaryId && !node.terminating)
    .sort((a, b) => (b.replicationOffset ?? 0) - (a.replicationOffset ?? 0))[0];
}

/** Known as failed it would be up for election without us, and two promotions at once hinder each other (valkey#3996). */
function isUpForNoElection(node: ReachableNode, id: string): boolean {
  const row = rowOf(node, id);
  return row?.flags.includes('noaddr') === true && !row.flags.includes('fail');
}

/**
 * Removes members that are no longer pods: failed or without an address in the eyes of all who know them, without
 * slots and without followers. Only when every desired pod answers, or the id might be that of a pod on its way
 * back; on all nodes in the same set, or gossip brings the id back.
 */
export function forgetSteps(view: TopologyView): ForgetStep[] {
  if (view.missing.length > 0) {
    return [];
  }
  return strangers(view)
    .filter((id) => isForgettable(id, view))
    .flatMap((nodeId) =>
      view.live
        .filter((node) => rowOf(node, nodeId) !== undefined)
        .map((node): ForgetStep => {
          const because = `${nodeId} is no pod of this cluster any more`;
          return { kind: 'forget', pod: node.pod, nodeId, because };
        }),
    );
}

/** Ids that some node knows and no pod that answers has; handshakes, whose ids are made up, left out. */
export function strangers(view: TopologyView): string[] {
  const known = view.live.flatMap((node) => node.table.filter((member) => !inHandshake(member)));
  return [...new Set(known.map((member) => member.id))].filter((id) => !view.byId.has(id));
}

function isForgettable(id: string, view: TopologyView): boolean {
  const rows = view.live.map((node) => rowOf(node, id)).filter((row) => row !== undefined);
  return (
    !view.owners.includes(id) &&
    rows.every((row) => row.slots.length === 0 && isDead(row)) &&
    view.live.every((node) => node.primaryId !== id && node.table.every((member) => member.primaryId !== id))
  );
}

/** Suspicion (`fail?`) is not enough. */
function isDead(row: ClusterMember): boolean {
  return row.flags.includes('fail') || row.flags.includes('noaddr');
}
