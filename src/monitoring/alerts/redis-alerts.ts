import { type AlertGroup, CLUSTER, hasCondition, ofCluster } from './alert.ts';

const SLOTS = 16_384;
/** Ten seconds of a busy evening's writes, and less than the backlog that a replica may catch up from. */
const LAG_BYTES = 10_000_000;
const OF_POD = 'max by (namespace, presencecluster, pod)';
const EXPIRES_IN = `${ofCluster('presence_redis_certificate_expiry_timestamp_seconds')} - time()`;
const DAY_SECONDS = 86_400;

export const REDIS_ALERTS: AlertGroup = {
  name: 'presence-redis',
  alerts: [
    {
      alert: 'PresenceRedisSlotsNotCovered',
      expr: `${ofCluster('presence_redis_slots_covered')} < ${SLOTS}`,
      for: '2m',
      severity: 'critical',
      summary: `Redis of PresenceCluster ${CLUSTER} serves {{ $value }} of ${SLOTS} slots.`,
      description:
        'The weddings of the other slots see no changes. The condition RedisAvailable has the reason; a new PresenceCluster may still be forming.',
    },
    {
      alert: 'PresenceRedisDataLost',
      expr: hasCondition('RedisDataIntact', 'false'),
      severity: 'critical',
      summary: `A Redis shard of PresenceCluster ${CLUSTER} has no copy of its keys.`,
      description:
        'The condition RedisDataIntact tells whether the shard still waits for its volume or was emptied. Do not delete claims.',
    },
    {
      alert: 'PresenceRedisShardWithoutReplica',
      expr: `max by (namespace, presencecluster, shard) (presence_redis_shard_replicas) == 0 and on (namespace, presencecluster) ${ofCluster('presence_redis_wanted_shard_replicas')} > 0`,
      for: '5m',
      severity: 'critical',
      summary: `Redis shard {{ $labels.shard }} of PresenceCluster ${CLUSTER} has had no replica for 5 minutes.`,
      description:
        'When its primary dies now, the shard is not served. The condition RedisReplicated names the pod and the cause.',
    },
    {
      alert: 'PresenceRedisPodSilent',
      expr: `${OF_POD} (presence_redis_answers) == 0`,
      for: '5m',
      severity: 'warning',
      summary: `Redis pod {{ $labels.pod }} of PresenceCluster ${CLUSTER} has not answered the operator for 5 minutes.`,
      description: 'Look at the pod and its node. When it runs, look at the NetworkPolicies.',
    },
    {
      alert: 'PresenceRedisReplicaLags',
      expr: `${OF_POD} (presence_redis_replication_lag_bytes) > ${LAG_BYTES} or ${OF_POD} (presence_redis_replica_link_up) == 0`,
      for: '5m',
      severity: 'warning',
      summary: `Redis replica {{ $labels.pod }} of PresenceCluster ${CLUSTER} does not follow its primary.`,
      description:
        'A failover to it would lose what it has not read. Look at the CPU and the network of its node, and at the log of the pod.',
    },
    {
      alert: 'PresenceRedisMemoryHigh',
      expr: `${OF_POD} (presence_redis_memory_used_bytes) / ${OF_POD} (presence_redis_memory_limit_bytes) > 0.9`,
      for: '5m',
      severity: 'critical',
      summary: `Redis pod {{ $labels.pod }} of PresenceCluster ${CLUSTER} uses more than 90 % of its memory.`,
      description:
        'At 100 % it refuses writes, and people cannot join. Raise spec.redis.resources; the new limit needs new pods, so a freeze must be opened for it.',
    },
    {
      alert: 'PresenceRedisOneNodeHoldsMajority',
      expr: hasCondition('RedisSpread', 'false'),
      for: '15m',
      severity: 'warning',
      summary: `One Kubernetes node holds too many Redis primaries of PresenceCluster ${CLUSTER}.`,
      description:
        'When that node dies, no shard accepts writes for a while. Uncordon or add a node; the condition RedisSpread names the node.',
    },
    {
      alert: 'PresenceRedisFailoverHeld',
      expr: 'sum(increase(presence_operator_redis_failovers_held_total[10m])) > 0',
      severity: 'warning',
      summary: 'A Redis primary looked dead, and the operator did not dare to replace it.',
      description:
        'The event RedisFailoverHeld names the PresenceCluster, the shard and the reason: kubectl get events -A.',
    },
    {
      alert: 'PresenceRedisShardsShort',
      expr: `${ofCluster('presence_redis_recommended_shards')} > count by (namespace, presencecluster) (max by (namespace, presencecluster, shard) (presence_redis_shard_replicas))`,
      for: '1h',
      severity: 'warning',
      summary: `PresenceCluster ${CLUSTER} should have {{ $value }} Redis shards for the season that comes.`,
      description: 'Raise spec.redis.shards in an open week; slots do not move in a freeze.',
      waitsFor: 'FreezeOfCluster',
    },
    {
      alert: 'PresenceRedisCertificateNotCurrent',
      expr: hasCondition('CertificatesCurrent', 'false'),
      for: '1h',
      severity: 'warning',
      summary: `Redis servers of PresenceCluster ${CLUSTER} do not present the current certificate, or it expires soon.`,
      description:
        'The condition CertificatesCurrent has the reason. Often cert-manager or a Secret is not renewed.',
    },
    {
      alert: 'PresenceRedisCertificateExpires',
      expr: `${EXPIRES_IN} < ${DAY_SECONDS} and on (namespace, presencecluster) ${hasCondition('CertificatesCurrent', 'false')}`,
      for: '5m',
      severity: 'critical',
      summary: `The Redis certificate of PresenceCluster ${CLUSTER} expires in {{ $value | humanizeDuration }} and is not renewed.`,
      description:
        'From then on servers and clients refuse each other. Renew it now; servers take a new one without a restart, in a freeze, too.',
    },
  ],
};
