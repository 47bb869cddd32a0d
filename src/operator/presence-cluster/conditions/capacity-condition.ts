import { formatInstant } from '../../../domain/calendar/instant.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** Whether the Redis Cluster has the shards that the season that comes should have. */
export function capacityCondition({ acceptance, decision: { capacity } }: ReconcilePlan): ClusterCondition {
  const type = 'RedisCapacitySufficient';
  if (capacity === undefined) {
    const message = 'The Redis containers have no memory limit.';
    return { type, status: 'Unknown', reason: 'NoMemoryLimit', message };
  }
  const { recommendedShards: recommended, wanted, peakConnections, bytesPerConnection, because } = capacity;
  const shards = acceptance.serving?.redis.shards ?? recommended;
  const size = capacity.measured ? 'measured' : 'assumed';
  const more =
    wanted === undefined
      ? ''
      : `; pending recommendation: ${wanted.shards} shards, since ${formatInstant(wanted.since)}`;
  const numbers = `${peakConnections} connections (${because}) × ${bytesPerConnection} bytes per connection (${size})${more}.`;
  if (recommended > shards) {
    const message = `${recommended} shards are recommended, spec.redis.shards is ${shards}: ${numbers}`;
    return { type, status: 'False', reason: 'ShardsShort', message };
  }
  const reason = recommended < shards ? 'SurplusShards' : 'SufficientShards';
  const start =
    recommended < shards
      ? `${recommended} of ${shards} shards are sufficient`
      : `${shards} shards are sufficient`;
  return { type, status: 'True', reason, message: `${start}: ${numbers}` };
}
