import { type ObservedTopology, reachableNodes } from './observed.ts';
import type { ShardStatus, TopologyPlan } from './plan.ts';

/** The next step of renewing pods whose template is out of date. */
export type RollStep =
  | { kind: 'none' }
  /** Nothing may be touched now. */
  | { kind: 'wait'; because: string }
  /** The pod may be deleted: what it serves, another serves as well. */
  | { kind: 'renew'; pod: string; because: string }
  /** The replica takes over first; its primary is renewed once it is a replica. */
  | { kind: 'failover'; pod: string; because: string };

export interface StuckPod {
  readonly pod: string;
  readonly shard: number;
  /** None of its containers ever ran, so nothing is lost with it. */
  readonly neverStarted: boolean;
}

export interface RollInput {
  observed: ObservedTopology;
  plan: TopologyPlan;
  /** Pods that run an older template. */
  outdated: ReadonlySet<string>;
  /** Pods that are not ready, terminating ones included. */
  notReady: readonly string[];
  /** Those of the outdated that are not ready and have not been deleted yet. */
  stuck?: readonly StuckPod[];
  /** What may happen to the only pod of a shard, where the spec asks for no replicas; absent where it asks for some. */
  lonePrimary?: LonePrimary;
}

/**
 * `Renew`: its volume keeps the keys, and the shard does not serve until it is back. `Wait`: the same, and not now. `Keep`: its keys
 * would be lost.
 */
export type LonePrimary =
  | { readonly kind: 'Renew' }
  | { readonly kind: 'Wait'; readonly because: string }
  | { readonly kind: 'Keep' };

/** Bytes of the replication stream that a replica may be behind and still take over without a pause. */
const MAX_LAG_BYTES = 1024 * 1024;

/**
 * Renews one pod at a time: replicas first, then a failover to a synced replica, then the old primary. Every step
 * waits until the cluster is steady again. A primary without a synced replica is never touched, unless the spec asks for no replicas and
 * the pod has a volume. Pods that do not come up
 * with the older template are renewed before all others and without waiting: the cluster would not be steady before.
 */
export function nextRollStep(input: RollInput): RollStep {
  const { observed, plan, outdated, notReady, stuck = [] } = input;
  if (outdated.size === 0) return { kind: 'none' };
  const broken = stuck.find((pod) => pod.neverStarted || isServedByAnother(pod, plan));
  if (broken)
    return {
      kind: 'renew',
      pod: broken.pod,
      because: `${broken.pod} has an older template and is not ready with it`,
    };
  if (plan.state !== 'Steady') return { kind: 'wait', because: `Redis is not steady: ${plan.reason}` };
  if (notReady.length > 0) return { kind: 'wait', because: `${notReady[0]} is not ready` };
  for (const shard of plan.shards) {
    const replica = shard.replicas.find(({ pod }) => outdated.has(pod));
    if (replica)
      return {
        kind: 'renew',
        pod: replica.pod,
        because: `${replica.pod} is a replica with an older template`,
      };
  }
  for (const shard of plan.shards) {
    if (shard.primary === undefined || !outdated.has(shard.primary)) continue;
    return input.lonePrimary === undefined
      ? handOver(shard, shard.primary)
      : restart(shard, shard.primary, input.lonePrimary);
  }
  const idle = reachableNodes(observed).find(({ pod }) => outdated.has(pod));
  return idle
    ? { kind: 'renew', pod: idle.pod, because: `${idle.pod} has an older template and serves nothing` }
    : { kind: 'wait', because: `${[...outdated][0]} does not answer` };
}

/** Its shard has a primary that answers, and that is another pod. */
function isServedByAnother({ pod, shard }: StuckPod, { shards }: TopologyPlan): boolean {
  const primary = shards.find(({ index }) => index === shard)?.primary;
  return primary !== undefined && primary !== pod;
}

function handOver(shard: ShardStatus, primary: string): RollStep {
  const candidate = shard.replicas.find(({ linkUp, lag }) => linkUp && (lag ?? 0) <= MAX_LAG_BYTES);
  return candidate
    ? {
        kind: 'failover',
        pod: candidate.pod,
        because: `${primary} is the primary of shard ${shard.index} with an older template`,
      }
    : {
        kind: 'wait',
        because: `shard ${shard.index} has no synced replica that could take over from ${primary}`,
      };
}

function restart({ index }: ShardStatus, pod: string, lone: LonePrimary): RollStep {
  switch (lone.kind) {
    case 'Renew':
      return {
        kind: 'renew',
        pod,
        because: `${pod} is the only pod of shard ${index}, which does not serve until the pod is back; its volume keeps the keys`,
      };
    case 'Wait':
      return {
        kind: 'wait',
        because: `${pod} is the only pod of shard ${index} and is renewed later: ${lone.because}`,
      };
    case 'Keep':
      return {
        kind: 'wait',
        because: `${pod} is the only pod of shard ${index} and has no volume: renewing it would lose its keys. Set spec.redis.replicasPerShard to 1, or delete the pod and accept the loss`,
      };
  }
}
