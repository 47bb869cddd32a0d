import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';

/**
 * How a PresenceCluster that is being deleted ends.
 * `Foreground`: the garbage collector deletes its objects first. `Orphan`: its objects stay and lose their owner. `Held`: a finalizer
 * of another program holds it, and until that is removed its objects stay and serve.
 * Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 */
export interface Deletion {
  readonly kind: 'Foreground' | 'Orphan' | 'Held';
  readonly since: string;
  readonly finalizers: readonly string[];
}

/** Undefined while the PresenceCluster is not being deleted. */
export function deletionOf({ metadata }: Pick<PresenceCluster, 'metadata'>): Deletion | undefined {
  const { deletionTimestamp: since, finalizers = [] } = metadata;
  if (since === undefined) return undefined;
  if (finalizers.includes('orphan')) return { kind: 'Orphan', since, finalizers };
  return { kind: finalizers.includes('foregroundDeletion') ? 'Foreground' : 'Held', since, finalizers };
}

/** Whether its objects are still to be kept as the spec wants them. */
export function isServed(cluster: Pick<PresenceCluster, 'metadata'>): boolean {
  const deletion = deletionOf(cluster);
  return deletion === undefined || deletion.kind === 'Held';
}
