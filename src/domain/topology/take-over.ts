import { looksFailed } from './cluster-nodes.ts';
import type { ReachableNode, UnreachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import type { TakeOverStep } from './step.ts';
import type { ShardView, TopologyView } from './view.ts';

/** A hung primary keeps its link for a minute; a sign of life on it within this time restarts the wait. */
const FED_SECONDS = 1;
/** Offset of a server that has read nothing from its primary. */
const NEVER_SYNCED_OFFSET = 1;

export type TakeOver =
  /** Kubernetes and Redis agree that the primary is dead. To be carried out when they have agreed for long. */
  | { readonly kind: 'TakeOver'; readonly step: TakeOverStep }
  /** A guard forbids it; in one sentence. */
  | { readonly kind: 'Refused'; readonly because: string };

/**
 * Without a majority no replica can be elected, for ever. A take-over needs no votes, so a primary that lives on elsewhere
 * would go on taking writes that are lost: it is asked for only when Kubernetes considers every lost primary dead,
 * none of them answers us, and all who do answer have lost them too.
 *
 * @param shard whose primary is gone.
 * @param candidate its replica with the most data.
 * @param lost all shards whose primary is gone.
 */
export function evaluateTakeOver(
  shard: ShardView,
  candidate: ReachableNode,
  lost: readonly ShardView[],
  view: TopologyView,
): TakeOver {
  const owners = view.shards.filter(({ primary }) => primary.kind !== 'none').length;
  const situation = `only ${owners - lost.length} of ${owners} primaries answer`;
  const refusal = lost.map((each) => whyNotDead(each, view)).find((why) => why !== undefined);
  if (refusal !== undefined) return { kind: 'Refused', because: `${situation}, but ${refusal}` };
  if (candidate.linkUp === true && (candidate.fedSecondsAgo ?? 0) <= FED_SECONDS) {
    return {
      kind: 'Refused',
      because: `${situation}, but ${candidate.pod} still receives data from its primary`,
    };
  }
  if ((candidate.replicationOffset ?? 0) <= NEVER_SYNCED_OFFSET) {
    return {
      kind: 'Refused',
      because: `${situation}, and ${candidate.pod} was never in sync with its primary`,
    };
  }
  const because = `${situation}, no majority can elect ${candidate.pod} for shard ${shard.index}, and Kubernetes considers them dead too`;
  const silent = silentPodsOf(lost, view);
  return {
    kind: 'TakeOver',
    step: {
      kind: 'failover',
      pod: candidate.pod,
      mode: 'TakeOver',
      because,
      lost: silent.map(({ pod }) => pod),
      probeFailureWindowMs: probeFailureWindowMs(lost, silent, view),
    },
  };
}

function silentPodsOf(lost: readonly ShardView[], { silent }: TopologyView): UnreachableNode[] {
  return silent.filter(
    ({ shard, address }) => address !== undefined && lost.some(({ index }) => index === shard),
  );
}

/** The shortest failed probe window of all kubelets, if all peers have lost contact too; 0 for a primary without a running pod. */
function probeFailureWindowMs(
  lost: readonly ShardView[],
  silent: readonly UnreachableNode[],
  view: TopologyView,
): number {
  const isKnown = lost.every(
    ({ index, primary }) =>
      silent.some(({ shard }) => shard === index) &&
      primary.kind === 'gone' &&
      view.live.every((node) => isTimedOut(rowOf(node, primary.id)?.flags)),
  );
  return isKnown ? Math.min(...silent.map((pod) => pod.probeFailureWindowMs ?? 0)) : 0;
}

/** It has left a ping unanswered for a node time-out, which is not said of an address that is unknown. */
function isTimedOut(flags: readonly string[] = []): boolean {
  return flags.includes('fail?') || flags.includes('fail');
}

function whyNotDead({ index, primary }: ShardView, view: TopologyView): string | undefined {
  if (primary.kind !== 'gone') return undefined;
  const { id } = primary;
  // A pod that has no address yet runs nothing: it comes in the place of one that has ended.
  const running = view.silent.find(
    ({ shard, address, down }) => shard === index && address !== undefined && down === undefined,
  );
  if (running !== undefined)
    return `Kubernetes reports ${running.pod} as running: the operator itself may be cut off`;
  const witness = view.live.find((node) => {
    const row = rowOf(node, id);
    return row !== undefined && !looksFailed(row);
  });
  return witness === undefined
    ? undefined
    : `${witness.pod} still has contact with the primary of shard ${index}`;
}

/** How many take-overs it needs until a majority answers again and the rest can be elected. */
export function takeOversNeeded(view: TopologyView): number {
  const owners = view.shards.filter(({ primary }) => primary.kind !== 'none');
  const alive = owners.filter(({ primary }) => primary.kind === 'live').length;
  return Math.max(0, Math.floor(owners.length / 2) + 1 - alive);
}
