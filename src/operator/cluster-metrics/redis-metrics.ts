import type { RedisNodeReading } from '../redis/redis-nodes.ts';
import { type ClusterMetric, type ClusterView, type Samples, timestamp } from './cluster-reading.ts';

const OF_POD = ['pod', 'shard'] as const;

/** The Redis Cluster of a PresenceCluster, from its status and from the INFO that each reconcile asks for. */
export const REDIS_METRICS: readonly ClusterMetric[] = [
  {
    name: 'presence_redis_slots_covered',
    help: 'Hash slots that are served, of 16384.',
    read: ({ cluster }) => cluster.status?.redis?.slotsCovered,
  },
  {
    name: 'presence_redis_wanted_shard_replicas',
    help: 'Replicas that each Redis shard should have.',
    read: ({ cluster }) => cluster.spec.redis?.replicasPerShard,
  },
  {
    name: 'presence_redis_shard_replicas',
    help: 'Linked replicas of a Redis shard.',
    labels: ['shard'],
    read: ({ cluster }) =>
      cluster.status?.redis?.shards?.map(({ index, replicas }) => ({
        labels: { shard: String(index) },
        value: replicas.length,
      })),
  },
  {
    name: 'presence_redis_recommended_shards',
    help: 'Redis shards that a PresenceCluster should have for the season that comes.',
    read: ({ cluster }) => cluster.status?.redis?.capacity?.recommendedShards,
  },
  {
    name: 'presence_redis_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of the Redis servers expires; only with spec.redis.tls.',
    read: ({ cluster }) => timestamp(cluster.status?.redis?.certificate?.validUntil),
  },
  {
    name: 'presence_redis_last_failover_timestamp_seconds',
    help: 'When the operator last replaced a primary that died.',
    read: ({ cluster }) => timestamp(cluster.status?.redis?.lastFailover?.at),
  },
  {
    name: 'presence_redis_promotions_total',
    help: 'Times that a Redis pod became a primary since this process leads: failovers, planned ones included.',
    type: 'counter',
    read: ({ promotions }) => promotions,
  },
  {
    name: 'presence_redis_node_primaries',
    help: 'Redis primaries with slots on a Kubernetes node.',
    labels: ['node'],
    read: ({ redisNodes }) => {
      const counts = new Map<string, number>();
      for (const { node, isPrimary } of redisNodes)
        if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + Number(isPrimary));
      return [...counts].map(([node, value]) => ({ labels: { node }, value }));
    },
  },
  ofPod('answers', '1 while a Redis pod answers the operator, otherwise 0.', ({ answers }) =>
    Number(answers),
  ),
  ofPod('is_primary', '1 while a Redis pod is a primary with slots, otherwise 0.', (node) =>
    node.answers ? Number(node.isPrimary) : undefined,
  ),
  ofPod('replica_link_up', '1 while the replication link of a replica is up, otherwise 0.', ({ linkUp }) =>
    linkUp === undefined ? undefined : Number(linkUp),
  ),
  ofPod(
    'replication_lag_bytes',
    'Bytes that the primary has written and the replica has not read.',
    ({ lagBytes }) => lagBytes,
  ),
  ofPod(
    'memory_used_bytes',
    'Memory of a Redis pod that counts towards maxmemory.',
    (node) => node.usedBytes,
  ),
  ofPod('memory_limit_bytes', 'maxmemory of a Redis pod; none without a limit.', (node) => node.limitBytes),
];

function ofPod(
  name: string,
  help: string,
  value: (node: RedisNodeReading) => number | undefined,
): ClusterMetric {
  const read = ({ redisNodes }: ClusterView): Samples =>
    redisNodes.flatMap((node) => {
      const found = value(node);
      return found === undefined
        ? []
        : [{ labels: { pod: node.pod, shard: String(node.shard) }, value: found }];
    });
  return { name: `presence_redis_${name}`, help, labels: OF_POD, read };
}
