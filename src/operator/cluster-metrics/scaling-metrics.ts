import type { ClusterMetric } from './cluster-reading.ts';

/** The presence pods of a PresenceCluster and the load that decides their number. */
export const SCALING_METRICS: readonly ClusterMetric[] = [
  {
    name: 'presence_cluster_wanted_replicas',
    help: 'Presence pods that the autoscaler wants now.',
    read: ({ cluster }) => cluster.status?.scaling?.desired,
  },
  {
    name: 'presence_cluster_replicas',
    help: 'Presence pods there are.',
    read: ({ cluster }) => cluster.status?.presence?.replicas,
  },
  {
    name: 'presence_cluster_ready_replicas',
    help: 'Presence pods that are ready.',
    read: ({ cluster }) => cluster.status?.presence?.readyReplicas,
  },
  {
    name: 'presence_cluster_floor_replicas',
    help: 'Fewest presence pods that season and peak allow now, between minReplicas and maxReplicas.',
    read: ({ cluster }) => cluster.status?.scaling?.floor,
  },
  {
    name: 'presence_cluster_max_replicas',
    help: 'Most presence pods that the spec allows.',
    read: ({ cluster }) => cluster.spec.scaling?.maxReplicas,
  },
  {
    name: 'presence_cluster_connections',
    help: 'Connections that the presence pods reported to the operator, in the modes that look at the load.',
    read: ({ cluster }) => cluster.status?.scaling?.connections,
  },
  {
    name: 'presence_cluster_forecast_connections',
    help: 'Connections that the autoscaler expects at most within its lead: expected, booked (part of them), bound.',
    labels: ['estimate'],
    read: ({ cluster }) => {
      const { forecast } = cluster.status?.scaling ?? {};
      if (forecast === undefined) return undefined;
      const { expected, booked, bound } = forecast;
      return Object.entries({ expected, booked, bound }).map(([estimate, value]) => ({
        labels: { estimate },
        value,
      }));
    },
  },
];
