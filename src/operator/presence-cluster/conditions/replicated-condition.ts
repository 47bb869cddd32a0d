import { findCause } from '../../cluster-state/find-cause.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { GRACE_MS, lastedMs } from './grace.ts';
import { sentence } from './sentence.ts';

const TYPE = 'RedisReplicated';

/** Whether every shard has the replicas that the spec asks for; pure. */
export function replicatedCondition(plan: ReconcilePlan): ClusterCondition {
  const wanted = plan.acceptance.serving?.redis.replicasPerShard ?? 0;
  if (wanted === 0) {
    const message =
      'spec.redis.replicasPerShard is 0: a shard does not serve while its pod restarts, and without volumes it loses its keys.';
    return { type: TYPE, status: 'True', reason: 'NoReplicasWanted', message };
  }
  const serving = servingShards(plan);
  if (serving.length === 0) {
    const message = 'Redis is not formed, so there are no replicas.';
    return { type: TYPE, status: 'False', reason: 'ReplicasStarting', message };
  }
  const short = serving.filter(({ linked }) => linked < wanted).sort((a, b) => a.linked - b.linked);
  const [worst] = short;
  if (worst === undefined) {
    const message = `Every shard has its ${wanted === 1 ? 'replica' : `${wanted} replicas`}.`;
    return { type: TYPE, status: 'True', reason: 'Replicated', message };
  }
  const isLasting = lastedMs(plan.observed, TYPE, 'False') >= GRACE_MS;
  const reason = isLasting ? 'ReplicasMissing' : 'ReplicasStarting';
  return { type: TYPE, status: 'False', reason, message: missing(plan, worst, wanted, short.length - 1) };
}

/**
 * Why Ready must not be True because of replicas: they were never all there, or a shard has had none at all for a while, so that
 * the next loss takes its keys.
 */
export function replicasBeforeReady(plan: ReconcilePlan, replicated: ClusterCondition): string | undefined {
  if (replicated.status === 'True') return undefined;
  const isFormed = plan.observed.cluster.status?.redis?.formedAt !== undefined;
  const hasLost = servingShards(plan).some(({ linked }) => linked === 0);
  return !isFormed || (hasLost && replicated.reason === 'ReplicasMissing') ? replicated.message : undefined;
}

interface ServingShard {
  readonly index: number;
  /** Replicas that follow their primary. */
  readonly linked: number;
}

/** Shards that own slots. One that is being added or removed owns none. */
function servingShards({ decision: { plan } }: ReconcilePlan): ServingShard[] {
  return plan.shards.flatMap(({ index, slots, replicas }) =>
    slots > 0 ? [{ index, linked: replicas.filter(({ linkUp }) => linkUp).length }] : [],
  );
}

function missing(
  { observed, decision: { plan } }: ReconcilePlan,
  { index, linked }: ServingShard,
  wanted: number,
  others: number,
): string {
  const cause = findCause(observed, { component: 'redis', shards: new Set([index]) });
  const why = cause === undefined ? plan.reason : cause.message;
  const more =
    others === 0 ? '' : ` ${others} more ${others === 1 ? 'shard lacks' : 'shards lack'} replicas.`;
  return `Shard ${index} has ${linked} of ${wanted} ${wanted === 1 ? 'replica' : 'replicas'}: ${sentence(why)}${more}`;
}
