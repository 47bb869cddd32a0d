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

export interface RollInput {
  observed: ObservedTopology;
  plan: TopologyPlan;
  /** Pods that run an older template. */
  outdated: ReadonlySet<string>;
  /** Pods that are not ready, terminating ones included. */
  notReady: readonly string[];
}

/** Bytes of the replication stream that a replica may be behind and still take over without a pause. */
const MAX_LAG_BYTES = 1024 * 1024;

/**
 * Renews one pod at a time: replicas first, then a failover to a synced replica, then the old primary. Every step
 * waits until the cluster is steady again. A primary without a synced replica is never touched.
 */
export function nextRollStep({ observed, plan, outdated, notReady }: RollInput): RollStep {
  if (outdated.size === 0) return { kind: 'none' };
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
    if (shard.primary !== undefined && outdated.has(shard.primary)) return handOver(shard, shard.primary);
  }
  const idle = reachableNodes(observed).find(({ pod }) => outdated.has(pod));
  return idle
    ? { kind: 'renew', pod: idle.pod, because: `${idle.pod} has an older template and serves nothing` }
    : { kind: 'wait', because: `${[...outdated][0]} does not answer` };
}

function handOver(shard: ShardStatus, primary: string): RollStep {
  const heir = shard.replicas.find(({ linkUp, lag }) => linkUp && (lag ?? 0) <= MAX_LAG_BYTES);
  return heir
    ? {
        kind: 'failover',
        pod: heir.pod,
        because: `${primary} is the primary of shard ${shard.index} with an older template`,
      }
    : {
        kind: 'wait',
        because: `shard ${shard.index} has no synced replica that could take over from ${primary}`,
      };
}
