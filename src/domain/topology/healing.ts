import { type ClusterMember, formatAddress, inHandshake, looksFailed } from './cluster-nodes.ts';
import type { DesiredTopology, ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { countSlots } from './slots.ts';
import type { FailoverStep, ForgetStep, TakeOverStep } from './step.ts';
import { evaluateTakeOver, takeOversNeeded } from './take-over.ts';
import type { ShardView, TopologyView } from './view.ts';

/** What becomes of a shard whose slots belong to an id that no pod that answers has. */
export type Loss =
  /** An event is expected: gossip promotes a replica, or the pod with the data comes back. */
  | { readonly kind: 'Waiting'; readonly reason: string }
  /** The owner cannot come back, and its replica can take over with the votes of the majority. */
  | { readonly kind: 'Promote'; readonly step: FailoverStep }
  /** The majority is lost: its replica takes over without votes, once this has been so for long enough. */
  | { readonly kind: 'TakeOver'; readonly step: TakeOverStep }
  /** No copy is left anywhere, and the spec allows to go on without the data. */
  | { readonly kind: 'GiveUp'; readonly steps: readonly ForgetStep[]; readonly reason: string }
  /** Only a human can say what to do. `dataLost`: no copy is left anywhere. */
  | { readonly kind: 'Degraded'; readonly reason: string; readonly dataLost: boolean };

/** @param shard a shard whose primary is gone. */
export function evaluateLoss(shard: ShardView, view: TopologyView, desired: DesiredTopology): Loss {
  const goneId = shard.primary.kind === 'gone' ? shard.primary.id : '';
  const replica = bestReplica(goneId, view);
  if (replica === undefined) return withoutCopy(shard, goneId, view, desired);
  if (takeOversNeeded(view) > 0) {
    const lost = view.shards.filter(({ primary }) => primary.kind === 'gone');
    const verdict = evaluateTakeOver(shard, replica, lost, view);
    return verdict.kind === 'TakeOver'
      ? verdict
      : { kind: 'Degraded', reason: verdict.because, dataLost: false };
  }
  if (view.missing.length > 0 || !isUpForNoElection(replica, goneId)) {
    const reason = `shard ${shard.index} has lost its primary, ${replica.pod} is to take its place`;
    return { kind: 'Waiting', reason };
  }
  // Redis up to 8 never takes an id without an address for failed, so no replica of it would ever stand for election.
  const because = `all pods answer and none is the primary of shard ${shard.index} any more`;
  return { kind: 'Promote', step: { kind: 'failover', pod: replica.pod, mode: 'Force', because } };
}

function withoutCopy(shard: ShardView, goneId: string, view: TopologyView, desired: DesiredTopology): Loss {
  const { index, missing } = shard;
  const slots = countSlots(shard.slots);
  if (missing.length > 0) {
    return { kind: 'Waiting', reason: `shard ${index} has no live copy of its data: ${missing[0]}` };
  }
  const owner = view.live.map((node) => rowOf(node, goneId)).find((row) => row && !looksFailed(row));
  if (owner !== undefined) {
    // For a node time-out after its death the owner looks so as well.
    const reason = `a node at ${formatAddress(owner.address)} that is no pod of this cluster owns ${slots} slots; if it is still running, stop it`;
    return { kind: 'Waiting', reason };
  }
  const lost = `shard ${index} has lost its data: all its pods answer and none holds its ${slots} slots`;
  if (desired.allowDataLoss !== true) {
    const reason = `${lost}; bring a volume of it back, or set spec.redis.allowDataLoss to go on without`;
    return { kind: 'Degraded', reason, dataLost: true };
  }
  // Other pods of the cluster may be on their way with a copy of their own view; slots are given out when all answer.
  if (view.missing[0] !== undefined) return { kind: 'Waiting', reason: `${lost}; ${view.missing[0]}` };
  const because = `${lost}, and spec.redis.allowDataLoss is set`;
  return { kind: 'GiveUp', steps: forgetEverywhere(goneId, because, view), reason: because };
}

function forgetEverywhere(nodeId: string, because: string, view: TopologyView): ForgetStep[] {
  return view.live
    .filter((node) => rowOf(node, nodeId) !== undefined)
    .map((node): ForgetStep => ({ kind: 'forget', pod: node.pod, nodeId, because }));
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
 * Removes members that are no pods of this cluster: without slots and without followers, dead or alive. Only when every desired
 * pod answers: the id might be that of a pod on its way back, which its peers would then refuse (`banSeconds`). On all nodes in the
 * same set: Redis 7.0 passes no ban on, so a node that was left out would bring the id back by gossip.
 */
export function forgetSteps(view: TopologyView): ForgetStep[] {
  if (view.missing.length > 0) {
    return [];
  }
  return unknownNodes(view)
    .filter((id) => isForgettable(id, view))
    .flatMap((nodeId) => forgetEverywhere(nodeId, `${nodeId} is no pod of this cluster`, view));
}

/** Ids that some node knows and no pod that answers has; handshakes, whose ids are made up, left out. */
export function unknownNodes(view: TopologyView): string[] {
  const known = view.live.flatMap((node) => node.table.filter((member) => !inHandshake(member)));
  const retired = new Set(view.retired.map(({ id }) => id));
  return [...new Set(known.map((member) => member.id))].filter(
    (id) => !view.byId.has(id) && !retired.has(id),
  );
}

function isForgettable(id: string, view: TopologyView): boolean {
  const rows = view.live.map((node) => rowOf(node, id)).filter((row) => row !== undefined);
  const leaving = new Set(view.retired.map((node) => node.id));
  return (
    !view.owners.includes(id) &&
    rows.every((row) => row.slots.length === 0) &&
    (rows.every(isDead) || rows.every(isAlien)) &&
    // A pod on its way out, still noted as its follower, is forgotten after it and must not hold it.
    view.live.every(
      (node) =>
        node.primaryId !== id &&
        node.table.every((member) => member.primaryId !== id || leaving.has(member.id)),
    )
  );
}

/** Suspicion (`fail?`) is not enough. */
function isDead(row: ClusterMember): boolean {
  return row.flags.includes('fail') || row.flags.includes('noaddr');
}

/** It answers its peers and is none of our pods: another party added it. While suspected it may be a pod that has just ended. */
function isAlien(row: ClusterMember): boolean {
  return row.linkState === 'connected' && !looksFailed(row);
}
