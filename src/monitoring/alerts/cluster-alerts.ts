import { type AlertGroup, CLUSTER, hasCondition, ofCluster } from './alert.ts';

const READY = ofCluster('presence_cluster_ready_replicas');
const WANTED = ofCluster('presence_cluster_wanted_replicas');
/** In these modes the operator does not set the number. */
const NUMBER_IS_OURS =
  'unless on (namespace, presencecluster) presence_cluster_info{mode=~"Off|ForecastOnly"}';

export const CLUSTER_ALERTS: AlertGroup = {
  name: 'presence-cluster',
  alerts: [
    {
      alert: 'PresenceClusterNotReady',
      expr: hasCondition('Ready', 'false'),
      for: '5m',
      severity: 'critical',
      summary: `PresenceCluster ${CLUSTER} has not been ready for 5 minutes.`,
      description:
        'The condition Ready names the part and the cause: kubectl -n NAMESPACE describe pcl NAME.',
    },
    {
      alert: 'PresencePodsBelowFloor',
      expr: `${READY} < ${ofCluster('presence_cluster_floor_replicas')} ${NUMBER_IS_OURS}`,
      for: '5m',
      severity: 'critical',
      summary: `PresenceCluster ${CLUSTER} has {{ $value }} ready presence pods, fewer than season and peak ask for.`,
      description:
        'Pods do not start, or cannot be scheduled. The conditions PresenceAvailable and PresenceStarting have the cause.',
    },
    {
      alert: 'PresencePodsMissing',
      expr: `${READY} < ${WANTED} ${NUMBER_IS_OURS}`,
      for: '15m',
      severity: 'warning',
      summary: `Presence pods of PresenceCluster ${CLUSTER} have been missing for 15 minutes: {{ $value }} are ready.`,
      description:
        'The condition PresenceStarting has the cause. Often the nodes are full: kubectl -n NAMESPACE get events.',
    },
    {
      alert: 'PresenceAutoscalerAtMaximum',
      expr: `${WANTED} >= ${ofCluster('presence_cluster_max_replicas')} ${NUMBER_IS_OURS}`,
      for: '15m',
      severity: 'warning',
      summary: `PresenceCluster ${CLUSTER} has wanted its highest number of pods, {{ $value }}, for 15 minutes.`,
      description:
        'More people cannot get more pods. Raise spec.scaling.maxReplicas when connections grow further; a freeze allows it.',
    },
    {
      alert: 'PresenceSpecNotAccepted',
      expr: hasCondition('Accepted', 'false'),
      for: '10m',
      severity: 'warning',
      summary: `The spec of PresenceCluster ${CLUSTER} is not accepted; the last accepted one is in use.`,
      description: 'The condition Accepted names the field and what to write.',
      waitsFor: 'FreezeOfCluster',
    },
    {
      alert: 'PresenceRolloutReverted',
      expr: hasCondition('RolloutReverted', 'true'),
      severity: 'warning',
      summary: `A new revision of PresenceCluster ${CLUSTER} did not become ready and was taken back.`,
      description:
        'The revision before it serves. The condition RolloutReverted names the pod and the cause. It is not tried again before the spec changes.',
      waitsFor: 'FreezeOfCluster',
    },
  ],
};
