import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest, selectorLabels } from './manifest.ts';

/** Pods that may be evicted at once. In a freeze none: a drain waits until the wedding is over. */
const BUDGET = { open: 1, frozen: 0 } as const;

/**
 * One budget for the whole component. For Redis it must not be one per shard: two primaries evicted together are a
 * lost quorum.
 */
export function disruptionBudget(
  owner: PresenceCluster,
  component: 'redis' | 'presence',
  frozen: boolean,
): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(owner, childName[component](owner.metadata.name), component),
    spec: {
      maxUnavailable: frozen ? BUDGET.frozen : BUDGET.open,
      selector: { matchLabels: selectorLabels(owner.metadata.name, component) },
    },
  };
}
