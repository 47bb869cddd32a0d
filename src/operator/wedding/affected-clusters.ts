import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { ChangeEvent } from '../../platform/kube/reflector.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';

/**
 * Keys of the PresenceClusters that a change of a wedding affects: those that serve it, or served it until now. A change of its
 * status affects none.
 */
export function affectedClusters(
  { type, object, previous }: Pick<ChangeEvent<Wedding>, 'type' | 'object' | 'previous'>,
  clusters: StoreReader<PresenceCluster>,
): string[] {
  if (type === 'updated' && previous?.metadata.generation === object.metadata.generation) return [];
  const weddings = [object, ...(previous ? [previous] : [])];
  const names = weddings.map(({ spec }) => spec.presenceClusterName);
  return clusters
    .list(object.metadata.namespace)
    .filter(({ metadata }) => names.includes(undefined) || names.includes(metadata.name))
    .map(keyOf);
}
