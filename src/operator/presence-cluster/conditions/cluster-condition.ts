import type { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';
import type { AnyCondition } from '../../objects/conditions.ts';

/** What a reconcile found about one condition of a PresenceCluster. */
export type ClusterCondition = AnyCondition<typeof PRESENCE_CLUSTER_CONDITIONS>;
