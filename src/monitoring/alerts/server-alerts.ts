import { type AlertGroup, CLUSTER } from './alert.ts';

/** What is promised from a change on one device to its sight on another. */
const PROMISE_SECONDS = 2;
const OF_CLUSTER = 'by (namespace, presencecluster)';

export const SERVER_ALERTS: AlertGroup = {
  name: 'presence-servers',
  alerts: [
    {
      alert: 'PresenceCanaryFails',
      expr: 'max by (namespace, presencecluster, primary) (presence_canary_singing) == 0',
      for: '1m',
      severity: 'critical',
      summary: `No presence pod of ${CLUSTER} gets changes through Redis primary {{ $labels.primary }}.`,
      description:
        'The weddings of this shard see no changes. Look at the condition RedisAvailable and at the Redis pods.',
    },
    {
      alert: 'PresencePodDeaf',
      expr: `min by (namespace, presencecluster, pod) (presence_canary_singing) == 0 unless on (namespace, presencecluster) max by (namespace, presencecluster, primary) (presence_canary_singing) == 0`,
      for: '2m',
      severity: 'warning',
      summary: `Presence pod {{ $labels.pod }} of ${CLUSTER} gets no changes through Redis, while others do.`,
      description: 'It is not ready, so it gets no new clients. Delete the pod when it does not recover.',
    },
    {
      alert: 'PresenceUpdatesSlow',
      expr: `histogram_quantile(0.99, sum by (namespace, presencecluster, le) (rate(presence_canary_seconds_bucket[5m]))) > ${PROMISE_SECONDS}`,
      for: '5m',
      severity: 'critical',
      summary: `One of 100 changes of ${CLUSTER} takes {{ $value | humanizeDuration }} to come back through Redis.`,
      description:
        'Compare CPU and event loop of presence pods and Redis pods in the dashboard of the evening. Add presence pods when they are busy.',
    },
    {
      alert: 'PresenceServersFull',
      expr: `sum ${OF_CLUSTER} (presence_connections) / sum ${OF_CLUSTER} (presence_connection_limit) > 0.9`,
      for: '5m',
      severity: 'warning',
      summary: `The presence pods of ${CLUSTER} have more than 90 % of their connections.`,
      description:
        'Further people are refused soon. Hold more pods with a PresenceOptimization (docs/how-to/one-off-requests.md). Then look why the autoscaler has not added them.',
    },
    {
      alert: 'PresencePodsNotScraped',
      expr: `max ${OF_CLUSTER} (presence_cluster_ready_replicas) > 0 unless on (namespace, presencecluster) presence_connections`,
      for: '15m',
      severity: 'warning',
      summary: `Prometheus has no metrics of the presence pods of ${CLUSTER}.`,
      description:
        'Alerts about delay and canaries are blind. Enable presencePodMonitor in the chart, and look at the targets of Prometheus.',
    },
  ],
};
