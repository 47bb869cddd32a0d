import type { PresenceCluster, RolloutFreeze, Wedding } from '../../api/v1alpha1/kinds.ts';

/** The objects that a verb works on, validated and with their defaults filled in. */
export interface Inventory {
  from: 'files' | 'cluster';
  presenceClusters: PresenceCluster[];
  weddings: Wedding[];
  /** As the operator wrote them; empty when the objects come from files. */
  rolloutFreezes: RolloutFreeze[];
  /** What was passed over, and why; for people. */
  notes: string[];
}

/** `namespace/name`. */
export function nameOf(object: { metadata: { namespace: string; name: string } }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

/** The weddings that a PresenceCluster serves: those of its namespace that name it or name none. */
export function weddingsOf(inventory: Inventory, presenceCluster: PresenceCluster): Wedding[] {
  const { namespace, name } = presenceCluster.metadata;
  return inventory.weddings.filter(
    (wedding) =>
      wedding.metadata.namespace === namespace && (wedding.spec.presenceClusterName ?? name) === name,
  );
}
