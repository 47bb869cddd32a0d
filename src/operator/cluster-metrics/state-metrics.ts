import { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { ClusterMetric, ClusterView } from './cluster-reading.ts';

const STATUSES = ['True', 'False', 'Unknown'] as const;

/** Conditions as kube-state-metrics shows them, and what the spec says that other metrics are compared with. */
export const STATE_METRICS: readonly ClusterMetric[] = [
  {
    name: 'presence_cluster_info',
    help: 'Always 1; mode of the autoscaler and engine of Redis of a PresenceCluster.',
    labels: ['mode', 'engine'],
    read: ({ cluster: { spec } }) => [
      { labels: { mode: spec.scaling?.mode ?? '', engine: spec.redis?.engine ?? '' }, value: 1 },
    ],
  },
  {
    name: 'presence_cluster_condition',
    help: 'Conditions of a PresenceCluster: 1 for the status that a condition has, 0 for the two others.',
    labels: ['condition', 'status'],
    read: conditionSamples,
  },
];

/** Types outside of the catalogue are left out: another writer must not decide how many series there are. */
function conditionSamples({ cluster }: ClusterView) {
  const conditions = cluster.status?.conditions ?? [];
  return conditions
    .filter(({ type }) => Object.hasOwn(PRESENCE_CLUSTER_CONDITIONS, type))
    .flatMap(({ type, status }) =>
      STATUSES.map((each) => ({
        labels: { condition: type, status: each.toLowerCase() },
        value: status === each ? 1 : 0,
      })),
    );
}
