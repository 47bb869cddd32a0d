import type { RolloutFreeze } from '../../api/v1alpha1/kinds.ts';
import { type ClusterMetric, type ClusterView, timestamp } from './cluster-reading.ts';

type Window = RolloutFreeze['spec']['windows'][number];

/** Freezes, and what waits for their end. */
export const FREEZE_METRICS: readonly ClusterMetric[] = [
  {
    name: 'presence_cluster_frozen',
    help: '1 while a freeze of a PresenceCluster is on, otherwise 0.',
    read: (view) => (view.freeze === undefined ? undefined : Number(windowNow(view) !== undefined)),
  },
  {
    name: 'presence_cluster_freeze_weddings',
    help: 'Weddings that cause the freeze that is on.',
    read: (view) => {
      const window = windowNow(view);
      return window === undefined ? undefined : (window.weddings?.length ?? 0) + (window.notListed ?? 0);
    },
  },
  {
    name: 'presence_cluster_freeze_end_timestamp_seconds',
    help: 'When the freeze that is on ends.',
    read: (view) => timestamp(windowNow(view)?.until),
  },
  {
    name: 'presence_cluster_next_freeze_timestamp_seconds',
    help: 'When the next freeze begins; none: no freeze is known.',
    read: ({ freeze, now }) =>
      timestamp(freeze?.spec.windows?.find(({ from }) => Date.parse(from) > now.getTime())?.from),
  },
  {
    name: 'presence_cluster_freeze_heartbeat_timestamp_seconds',
    help: 'When the operator last wrote that it is alive into the RolloutFreeze; it writes every 5 minutes.',
    read: ({ freeze }) => timestamp(freeze?.spec.heartbeat),
  },
  {
    name: 'presence_cluster_held_changes',
    help: 'Workloads whose new revision waits.',
    read: ({ cluster }) => cluster.status?.held?.length,
  },
  {
    name: 'presence_cluster_held_since_timestamp_seconds',
    help: 'Since when the oldest of these changes waits.',
    read: ({ cluster }) => {
      const times = cluster.status?.held?.map(({ since }) => Date.parse(since)) ?? [];
      return times.length === 0 ? undefined : Math.min(...times) / 1000;
    },
  },
];

/** Windows are half-open and in order. */
function windowNow({ freeze, now }: ClusterView): Window | undefined {
  const at = now.getTime();
  return freeze?.spec.windows?.find(({ from, until }) => Date.parse(from) <= at && at < Date.parse(until));
}
