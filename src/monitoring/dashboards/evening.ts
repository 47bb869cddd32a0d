import type { Dashboard } from './dashboard.ts';
import { chosen, lines, number, perCluster, quantile, query, rate, timeline } from './panels.ts';

const PROMISE = { bad: { from: 2 } } as const;
const CANARY = chosen('presence_canary_seconds_bucket');
const PROPAGATION = chosen('presence_propagation_seconds_bucket');
const LANE_WAIT = chosen('presence_lane_wait_seconds_bucket');

export const EVENING: Dashboard = {
  uid: 'presence-evening',
  title: 'Presence / One evening',
  description: 'One PresenceCluster on a wedding evening: people, delay, errors and what happened below.',
  choice: 'one',
  from: '6h',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'bool_yes_no',
          { title: 'Ready', description: 'The condition Ready.', bad: { below: 1 } },
          `max(${chosen('presence_cluster_condition', 'condition="Ready",status="true"')})`,
        ),
        number(
          'dateTimeFromNow',
          { title: 'End of the freeze', description: 'Empty: no freeze is on.' },
          `max(${chosen('presence_cluster_freeze_end_timestamp_seconds')}) * 1000`,
        ),
        number(
          'short',
          { title: 'Weddings', description: 'Weddings that cause the freeze.' },
          `max(${chosen('presence_cluster_freeze_weddings')})`,
        ),
        number(
          'short',
          { title: 'Connections', description: 'Open connections.' },
          `sum(${chosen('presence_connections')})`,
        ),
        number(
          's',
          {
            title: 'Delay, p99',
            description: 'Of changes through Redis and back. The promise is 2 s.',
            ...PROMISE,
          },
          quantile(0.99, CANARY),
        ),
        number(
          'percentunit',
          {
            title: 'Places taken',
            description: 'Connections of those that the pods may have.',
            bad: { from: 0.9 },
          },
          `sum(${chosen('presence_connections')}) / sum(${chosen('presence_connection_limit')})`,
        ),
      ],
    },
    {
      title: 'People',
      panels: [
        lines(
          'short',
          {
            title: 'Connections by pod',
            description: 'One pod far above the others: the fleet is being rebalanced.',
          },
          query('{{pod}}', chosen('presence_connections')),
          query('limit of a pod', `min(${chosen('presence_connection_limit')})`),
        ),
        lines(
          'reqps',
          {
            title: 'What people do',
            description: 'Joins, updates and leaves per second, and frames to all clients.',
          },
          query('joins', rate(chosen('presence_joins_total'))),
          query('updates', rate(chosen('presence_updates_total'))),
          query('leaves', rate(chosen('presence_leaves_total'))),
          query('frames sent', rate(chosen('presence_deliveries_total'))),
        ),
        lines(
          'reqps',
          { title: 'Errors and refusals', description: 'By code. Connections that were lost, by reason.' },
          query('error {{code}}', rate(chosen('presence_errors_total'), 'code')),
          query('refused {{reason}}', rate(chosen('presence_refused_connections_total'), 'reason')),
          query('dropped {{reason}}', rate(chosen('presence_drops_total'), 'reason')),
        ),
        lines(
          'short',
          { title: 'Presence pods', description: 'Wanted, ready and the floor of the calendar.' },
          query('wanted', perCluster(chosen('presence_cluster_wanted_replicas'))),
          query('ready', perCluster(chosen('presence_cluster_ready_replicas'))),
          query('floor', perCluster(chosen('presence_cluster_floor_replicas'))),
        ),
      ],
    },
    {
      title: 'Delay',
      panels: [
        lines(
          's',
          {
            title: 'Canary',
            description: 'Hidden changes of each pod through each primary and back.',
            ...PROMISE,
          },
          query('p50', quantile(0.5, CANARY)),
          query('p99', quantile(0.99, CANARY)),
        ),
        lines(
          's',
          {
            title: 'Changes of people',
            description: 'From the request to its change on the same pod.',
            ...PROMISE,
          },
          query('p50', quantile(0.5, PROPAGATION)),
          query('p99', quantile(0.99, PROPAGATION)),
        ),
        timeline(
          'bool_yes_no',
          {
            title: 'Canaries by primary',
            description: 'Red: no pod gets changes through this Redis primary.',
            bad: { below: 1 },
          },
          `max by (primary) (${chosen('presence_canary_singing')})`,
          '{{primary}}',
        ),
        timeline(
          'bool_yes_no',
          { title: 'Redis seen by each pod', description: 'Red: the pod has no Redis.', bad: { below: 1 } },
          chosen('presence_redis_available'),
          '{{pod}}',
        ),
        lines(
          'percentunit',
          {
            title: 'Event loop',
            description: 'Share of time in which a pod was busy. Above 80 % delay grows.',
            bad: { from: 0.8 },
          },
          query('{{pod}}', chosen('presence_event_loop_utilization')),
        ),
        lines(
          's',
          { title: 'Waiting in a pod, p99', description: 'By lane: requests first, then changes of rooms.' },
          query('lane {{lane}}', quantile(0.99, LANE_WAIT, 'lane')),
        ),
        lines(
          'bytes',
          { title: 'Not read by clients', description: 'Bytes that slow clients have not read yet.' },
          query('{{pod}}', chosen('presence_buffered_bytes')),
        ),
        lines(
          'reqps',
          {
            title: 'Slow readers and repairs',
            description: 'Frames that were merged, and snapshots that repaired a room.',
          },
          query('merged', rate(chosen('presence_conflations_total'))),
          query('repair {{cause}}', rate(chosen('presence_resyncs_total'), 'cause')),
          query('Redis did not answer', rate(chosen('presence_redis_request_failures_total'))),
        ),
      ],
    },
    {
      title: 'Below',
      panels: [
        lines(
          'short',
          { title: 'Redis failovers', description: 'Redis pods that became a primary.' },
          query('promotions', `increase(${chosen('presence_redis_promotions_total')}[$__rate_interval])`),
        ),
        lines(
          'bytes',
          { title: 'Replication lag', description: 'What a failover would lose.' },
          query('{{pod}}', `max by (pod) (${chosen('presence_redis_replication_lag_bytes')})`),
        ),
      ],
    },
  ],
};
