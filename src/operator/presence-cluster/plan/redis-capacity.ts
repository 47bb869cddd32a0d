import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { expectedConnections } from '../../../domain/autoscaling/redis/expected-connections.ts';
import { planShards, type ShardMemory } from '../../../domain/autoscaling/redis/shard-plan.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { DEFAULT_REDIS_RESOURCES, redisMaxmemory } from '../../../domain/resources/container-resources.ts';
import { type ReachableNode, reachableNodes } from '../../../domain/topology/observed.ts';
import type { Observed } from '../../cluster-state/observed.ts';

type CapacityStatus = NonNullable<NonNullable<PresenceClusterStatus['redis']>['capacity']>;

/** How many shards the season that comes should have; pure. @param busy no slot would be moved now */
export function redisCapacity(
  observed: Observed,
  spec: PresenceClusterSpec,
  busy: boolean,
): ShardMemory | undefined {
  const { now, cluster, seenLoad, topology } = observed;
  const primaries = reachableNodes(topology).filter(
    ({ role, slots }) => role === 'primary' && slots.length > 0,
  );
  return planShards({
    now,
    busy,
    shards: spec.redis.shards,
    ...expectedConnections(spec, now.getTime(), seenLoad),
    shardBytes: redisMaxmemory(spec.redis.resources ?? DEFAULT_REDIS_RESOURCES),
    held: heldBy(primaries, observed),
    fullest: Math.max(0, ...primaries.map(fillOf)),
    before: remembered(cluster.status?.redis?.capacity),
  });
}

function heldBy(
  primaries: readonly ReachableNode[],
  { connections }: Observed,
): ReturnType<typeof sum> | undefined {
  if (connections === undefined || primaries.length === 0) return undefined;
  return primaries.every(({ memory }) => memory !== undefined) ? sum(primaries, connections) : undefined;
}

function sum(
  primaries: readonly ReachableNode[],
  connections: ReadonlyMap<string, number>,
): { bytes: number; connections: number } {
  return {
    bytes: primaries.reduce((bytes, { memory }) => bytes + (memory?.dataset ?? 0), 0),
    connections: connections.values().reduce((total, count) => total + count, 0),
  };
}

function fillOf({ memory }: ReachableNode): number {
  return memory === undefined || memory.limit === 0 ? 0 : memory.used / memory.limit;
}

/** As status shows it; the same for as long as nothing worth showing has changed. */
export function capacityStatus({ wanted, ...memory }: ShardMemory): CapacityStatus {
  return {
    ...memory,
    ...(wanted === undefined
      ? {}
      : { wantedShards: wanted.shards, wantedSince: formatInstant(wanted.since) }),
  };
}

function remembered(status: CapacityStatus | undefined): ShardMemory | undefined {
  if (status === undefined) return undefined;
  const { wantedShards: shards, wantedSince, ...memory } = status;
  return shards === undefined || wantedSince === undefined
    ? memory
    : { ...memory, wanted: { shards, since: new Date(wantedSince) } };
}
