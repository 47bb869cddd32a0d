import type { Dashboard } from './dashboard.ts';
import { chosen, lines, number, OF_CLUSTER, perCluster, quantile, query, rate, timeline } from './panels.ts';

const OF_POD = 'max by (namespace, presencecluster, pod)';

export const REDIS: Dashboard = {
  uid: 'presence-redis',
  title: 'Presence / Redis',
  description: 'The Redis Clusters, as the operator sees them when it looks at them every 5 seconds.',
  choice: 'several',
  from: '6h',
  rows: [
    {
      title: 'Service',
      panels: [
        number(
          'short',
          { title: 'Slots not served', description: 'Of all chosen.', width: 6, bad: { from: 1 } },
          `sum(16384 - ${perCluster(chosen('presence_redis_slots_covered'))})`,
        ),
        number(
          'short',
          {
            title: 'Shards without a replica',
            description: 'A death would stop them.',
            width: 6,
            bad: { from: 1 },
          },
          `count(max by (namespace, presencecluster, shard) (${chosen('presence_redis_shard_replicas')}) == 0) or vector(0)`,
        ),
        number(
          'short',
          { title: 'Pods that do not answer', description: 'To the operator.', width: 6, bad: { from: 1 } },
          `count(${OF_POD} (${chosen('presence_redis_answers')}) == 0) or vector(0)`,
        ),
        number(
          'dateTimeFromNow',
          { title: 'Last failover', description: 'After a death, by the operator.', width: 6 },
          `${perCluster(chosen('presence_redis_last_failover_timestamp_seconds'))} * 1000`,
          OF_CLUSTER,
        ),
        lines(
          'short',
          { title: 'Slots served', description: '16,384 is all of them.' },
          query(OF_CLUSTER, perCluster(chosen('presence_redis_slots_covered'))),
        ),
        lines(
          'short',
          { title: 'Replicas by shard', description: 'Linked replicas, and how many there should be.' },
          query(
            `${OF_CLUSTER} shard {{shard}}`,
            `max by (namespace, presencecluster, shard) (${chosen('presence_redis_shard_replicas')})`,
          ),
          query(`wanted ${OF_CLUSTER}`, perCluster(chosen('presence_redis_wanted_shard_replicas'))),
        ),
      ],
    },
    {
      title: 'Pods',
      panels: [
        timeline(
          'short',
          { title: 'Primaries', description: 'Which pod was a primary when.', bad: { from: 1 } },
          `${OF_POD} (${chosen('presence_redis_is_primary')})`,
          '{{pod}}',
        ),
        lines(
          'short',
          {
            title: 'Primaries by node',
            description: 'Half or more on one node: its loss stops writes for a while.',
          },
          query('{{node}}', `sum by (node) (${chosen('presence_redis_node_primaries')})`),
        ),
        lines(
          'percentunit',
          { title: 'Memory', description: 'Of maxmemory. At 100 % writes are refused.', bad: { from: 0.9 } },
          query(
            '{{pod}}',
            `${OF_POD} (${chosen('presence_redis_memory_used_bytes')}) / ${OF_POD} (${chosen('presence_redis_memory_limit_bytes')})`,
          ),
        ),
        lines(
          'bytes',
          { title: 'Replication lag', description: 'Bytes that a replica has not read.' },
          query('{{pod}}', `${OF_POD} (${chosen('presence_redis_replication_lag_bytes')})`),
        ),
        timeline(
          'bool_yes_no',
          { title: 'Replication links', description: 'Red: the replica does not follow.', bad: { below: 1 } },
          `${OF_POD} (${chosen('presence_redis_replica_link_up')})`,
          '{{pod}}',
        ),
      ],
    },
    {
      title: 'Failovers of all PresenceClusters',
      panels: [
        lines(
          'short',
          {
            title: 'Failovers',
            description: 'That the operator asked for, by cause and outcome, and those it held.',
          },
          query(
            '{{cause}} {{outcome}}',
            'sum by (cause, outcome) (increase(presence_operator_redis_failovers_total[$__rate_interval]))',
          ),
          query('held', 'sum(increase(presence_operator_redis_failovers_held_total[$__rate_interval]))'),
        ),
        lines(
          's',
          { title: 'Length of failovers', description: 'From the first sign of trouble to the new primary.' },
          query('p50', quantile(0.5, 'presence_operator_redis_failover_seconds_bucket')),
          query('p99', quantile(0.99, 'presence_operator_redis_failover_seconds_bucket')),
        ),
        lines(
          'reqps',
          { title: 'Promotions', description: 'Redis pods that became a primary, also in planned renewals.' },
          query(OF_CLUSTER, rate(chosen('presence_redis_promotions_total'), 'namespace', 'presencecluster')),
        ),
      ],
    },
    {
      title: 'Ahead',
      panels: [
        lines(
          'short',
          { title: 'Recommended shards', description: 'For the next 14 days.' },
          query(OF_CLUSTER, perCluster(chosen('presence_redis_recommended_shards'))),
        ),
        number(
          'dateTimeFromNow',
          { title: 'Certificates expire', description: 'With spec.redis.tls.', width: 12 },
          `${perCluster(chosen('presence_redis_certificate_expiry_timestamp_seconds'))} * 1000`,
          OF_CLUSTER,
        ),
      ],
    },
  ],
};
