import type { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';
import type { Observed } from '../../cluster-state/observed.ts';

/**
 * What heals by itself does so within this time: a pod is rescheduled and its replica synced, a failover takes seconds.
 */
export const GRACE_MS = 60_000;

/** For how long a condition has had this status by what status says, in milliseconds; 0 when it is new. */
export function lastedMs(
  { cluster, now }: Pick<Observed, 'cluster' | 'now'>,
  type: keyof typeof PRESENCE_CLUSTER_CONDITIONS,
  status: 'True' | 'False',
): number {
  const before = cluster.status?.conditions?.find((each) => each.type === type);
  return before?.status === status ? now.getTime() - Date.parse(before.lastTransitionTime) : 0;
}
