import type { Dashboard } from './dashboard.ts';
import { lines, number, quantile, query, rate } from './panels.ts';

/** Process metrics of the pods that also report the lease: those of the operator. */
const OF_OPERATOR = 'and on (namespace, pod) leader_election_master_status';

export const OPERATOR: Dashboard = {
  uid: 'presence-operator',
  title: 'Presence / Operator',
  description: 'The operator itself: does it lead, does it keep up, what does the API server answer.',
  choice: 'none',
  from: '6h',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'short',
          { title: 'Leaders', description: 'One; for a moment none.', width: 6, bad: { below: 1 } },
          'sum(leader_election_master_status and on (namespace, pod) presence_build_info{program="operator"})',
        ),
        number(
          'short',
          {
            title: 'Versions',
            description: 'Of operators and presence servers; two during a rollout.',
            width: 6,
          },
          'count by (program, version) (presence_build_info)',
          '{{program}} {{version}}',
        ),
        number(
          'short',
          { title: 'Policies missing', description: 'Freezes can be passed by.', width: 6, bad: { from: 1 } },
          'max(presence_admission_policies_missing)',
        ),
        number(
          'bool_yes_no',
          {
            title: 'Zone data outdated',
            description: 'docs/how-to/time-zone-data.md.',
            width: 6,
            bad: { from: 1 },
          },
          'max(presence_zone_data_outdated)',
        ),
      ],
    },
    {
      title: 'Work',
      panels: [
        lines(
          'reqps',
          { title: 'Reconciles', description: 'By controller and result.' },
          query(
            '{{controller}} {{result}}',
            rate('controller_runtime_reconcile_total', 'controller', 'result'),
          ),
        ),
        lines(
          'reqps',
          { title: 'Failures', description: 'Errors, time-outs and bugs by controller.' },
          query('error {{controller}}', rate('controller_runtime_reconcile_errors_total', 'controller')),
          query('time-out {{controller}}', rate('controller_runtime_reconcile_timeouts_total', 'controller')),
          query('bug {{controller}}', rate('controller_runtime_reconcile_panics_total', 'controller')),
        ),
        lines(
          's',
          { title: 'Length of reconciles, p99', description: 'A Redis that hangs shows here.' },
          query(
            '{{controller}}',
            quantile(0.99, 'controller_runtime_reconcile_time_seconds_bucket', 'controller'),
          ),
        ),
        lines(
          's',
          { title: 'Waiting in the queue, p99', description: 'Growing: the operator does not keep up.' },
          query('{{name}}', quantile(0.99, 'workqueue_queue_duration_seconds_bucket', 'name')),
        ),
        lines(
          'short',
          { title: 'Queue depth', description: 'Keys that wait.' },
          query('{{name}}', 'sum by (name) (workqueue_depth)'),
        ),
        lines(
          'reqps',
          { title: 'One-off requests', description: 'PresenceOptimizations by type and result.' },
          query('{{type}} {{result}}', rate('presence_optimization_requests_total', 'type', 'result')),
        ),
      ],
    },
    {
      title: 'API server',
      panels: [
        lines(
          'reqps',
          {
            title: 'Requests',
            description: 'By method and answer. 409 is normal in small numbers, 403 never.',
          },
          query('{{method}} {{code}}', rate('rest_client_requests_total', 'method', 'code')),
        ),
        lines(
          's',
          { title: 'Time to the first byte, p99', description: 'By method.' },
          query('{{method}}', quantile(0.99, 'rest_client_request_duration_seconds_bucket', 'method')),
        ),
        lines(
          'short',
          { title: 'Caches', description: 'Objects by kind.' },
          query('{{kind}}', 'max by (kind) (reflector_items)'),
        ),
        lines(
          'short',
          {
            title: 'Watches',
            description: 'Kinds that are not synced, reconnects by cause, and warnings of the API server.',
          },
          query('not synced', 'count(reflector_synced == 0) or vector(0)'),
          query('{{kind}} {{cause}}', rate('reflector_reconnects_total', 'kind', 'cause')),
          query('warnings', rate('rest_client_api_warnings_total')),
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        lines(
          'percentunit',
          { title: 'CPU', description: 'Of one core.', width: 8 },
          query('{{pod}}', `rate(process_cpu_seconds_total[$__rate_interval]) ${OF_OPERATOR}`),
        ),
        lines(
          'bytes',
          { title: 'Memory', description: 'Resident.', width: 8 },
          query('{{pod}}', `process_resident_memory_bytes ${OF_OPERATOR}`),
        ),
        lines(
          's',
          {
            title: 'Event loop lag, p99',
            description: 'Above half a second failovers are noticed late.',
            width: 8,
          },
          query('{{pod}}', `nodejs_eventloop_lag_p99_seconds ${OF_OPERATOR}`),
        ),
      ],
    },
  ],
};
