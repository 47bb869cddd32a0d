import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest, selectorLabels } from './manifest.ts';

/**
 * One budget for the whole component. For Redis it must not be one a shard: two primaries evicted together are a
 * lost quorum.
 */
export function disruptionBudget(owner: PresenceCluster, component: 'redis' | 'presence'): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(owner, childName[component](owner.metadata.name), component),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(owner.metadata.name, component) } },
  };
}
