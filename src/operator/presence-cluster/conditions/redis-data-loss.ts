import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { SLOT_COUNT } from '../../../domain/topology/slots.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

type RedisStatus = NonNullable<PresenceClusterStatus['redis']>;
export type DataLoss = NonNullable<RedisStatus['lastDataLoss']>;

/** How long the condition shows a loss after its slots are served again. */
const SHOWN_FOR_MS = 24 * 60 * 60 * 1000;

/** The data that is being given up in this reconcile: shards without a copy, or everything when all pods came back blank. */
export function dataLossOf({
  observed,
  decision: { plan },
}: Pick<ReconcilePlan, 'observed' | 'decision'>): DataLoss | undefined {
  const before = observed.cluster.status?.redis;
  const at = formatInstant(observed.now);
  if (plan.state === 'Blank' && before?.formedAt !== undefined && before.state !== 'Blank') {
    return {
      at,
      slots: SLOT_COUNT,
      because: 'All pods restarted without data; the Redis Cluster is being formed again.',
    };
  }
  const givenUp = plan.lost.filter((shard) => shard.givenUp);
  if (givenUp.length === 0) return undefined;
  const slots = givenUp.reduce((sum, shard) => sum + shard.slots, 0);
  const names = givenUp.map(({ index }) => index).join(', ');
  return { at, slots, because: `No copy of shard ${names} was left and spec.redis.allowDataLoss is set.` };
}

/** False: keys are lost, now or within the last day. Pure. */
export function dataIntactCondition(plan: Pick<ReconcilePlan, 'observed' | 'decision'>): ClusterCondition {
  const type = 'RedisDataIntact';
  const { observed, decision } = plan;
  const [waiting] = decision.plan.lost.filter(({ givenUp }) => !givenUp);
  if (waiting !== undefined) {
    const message = `No copy of the ${waiting.slots} slots of shard ${waiting.index} is left. Restore a volume, or set spec.redis.allowDataLoss.`;
    return { type, status: 'False', reason: 'NoCopyLeft', message };
  }
  const last = dataLossOf(plan) ?? observed.cluster.status?.redis?.lastDataLoss;
  if (last !== undefined && observed.now.getTime() - Date.parse(last.at) < SHOWN_FOR_MS) {
    const message = `${last.slots} slots lost their keys at ${last.at}: ${last.because}`;
    return { type, status: 'False', reason: 'SlotsEmptied', message };
  }
  return { type, status: 'True', reason: 'NoDataLost', message: 'No data loss detected.' };
}
