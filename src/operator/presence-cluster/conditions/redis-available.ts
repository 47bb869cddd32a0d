import { SLOT_COUNT } from '../../../domain/topology/slots.ts';
import { findCause } from '../../cluster-state/find-cause.ts';
import { isReady } from '../../cluster-state/pod.ts';
import { shardOf } from '../../cluster-state/pod-identity.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { sentence } from './sentence.ts';

/** Whether all slots are served; pure. */
export function redisAvailable({ observed, decision: { plan } }: ReconcilePlan): ClusterCondition {
  const type = 'RedisAvailable';
  if (plan.slotsCovered === SLOT_COUNT && plan.state !== 'Degraded') {
    return { type, status: 'True', reason: 'SlotsCovered', message: sentence(plan.reason) };
  }
  const lost = plan.shards.filter(({ primary, slots }) => primary === undefined && slots > 0);
  const shards = new Set(lost.map(({ index }) => index));
  // While nothing is formed every pod is waited for; later only those of the shards that are not served.
  const cause = findCause(observed, { component: 'redis', ...(shards.size > 0 ? { shards } : {}) });
  if (cause) return { type, status: 'False', reason: 'PodsNotReady', message: sentence(cause.message) };
  const message = sentence(plan.reason);
  const isFormed = observed.cluster.status?.redis?.formedAt !== undefined;
  switch (plan.state) {
    case 'Blank':
    case 'Forming':
      return { type, status: 'False', reason: isFormed ? 'Degraded' : 'Forming', message };
    case 'Joining':
    case 'Healing':
    case 'Degraded':
      return { type, status: 'False', reason: plan.state, message };
    case 'Moving':
    case 'Held':
    case 'Waiting':
    case 'Steady': {
      const silent = observed.topology.nodes.every((node) => !node.reachable);
      const otherwise = isFormed ? 'Degraded' : 'Forming';
      return { type, status: 'False', reason: silent ? 'Unreachable' : otherwise, message };
    }
  }
}

/**
 * Redis may serve while the kubelet considers every pod of a shard unhealthy (a probe that can never pass) and keeps
 * restarting them: then the PresenceCluster is not ready. A shard that owns no slots yet is being added, and serves nothing.
 */
export function unreadyShard({ observed, decision: { plan } }: ReconcilePlan): string | undefined {
  const ready = new Set(observed.redisPods.filter(isReady).map(shardOf));
  const serving = new Set(plan.shards.flatMap(({ index, slots }) => (slots > 0 ? [index] : [])));
  const shard = observed.redisPods.map(shardOf).find((each) => serving.has(each) && !ready.has(each));
  if (shard === undefined) return undefined;
  const cause = findCause(observed, { component: 'redis', shards: new Set([shard]) });
  return `No Redis pod of shard ${shard} is ready${cause === undefined ? '.' : `: ${sentence(cause.message)}`}`;
}
