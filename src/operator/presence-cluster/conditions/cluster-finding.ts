import type { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';
import type { AnyFinding } from '../../objects/conditions.ts';

/** What a pass found about one condition of a PresenceCluster. */
export type ClusterFinding = AnyFinding<typeof PRESENCE_CLUSTER_CONDITIONS>;
