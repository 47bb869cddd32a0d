import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import type { ChangeEvent } from '../../platform/kube/reflector.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';

/**
 * Keys of the PresenceClusters to which a change of a wedding is news: those that serve it, or did until now. Its own
 * status is no news.
 */
export function clustersToTell(
  { type, object, previous }: Pick<ChangeEvent, 'type' | 'object' | 'previous'>,
  clusters: StoreReader,
): string[] {
  if (type === 'updated' && previous?.metadata.generation === object.metadata.generation) return [];
  const weddings = [object, ...(previous ? [previous] : [])] as unknown as Wedding[];
  const names = weddings.map(({ spec }) => spec.presenceClusterName);
  return clusters
    .list(object.metadata.namespace)
    .filter(({ metadata }) => names.includes(undefined) || names.includes(metadata.name))
    .map(keyOf);
}
