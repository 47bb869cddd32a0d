import type {
  ChangeFreeze,
  PresenceCluster,
  RolloutFreeze,
  RolloutOverride,
  Wedding,
  WeddingCalendar,
} from '../api/v1alpha1/kinds.ts';

/** The objects that a verb works on, validated and with their defaults filled in. */
export interface Inventory {
  from: 'files' | 'cluster';
  presenceClusters: PresenceCluster[];
  weddings: Wedding[];
  /** Of files only, where no operator has made Weddings of them; in a cluster they are not listed. */
  weddingCalendars: WeddingCalendar[];
  /** As the operator wrote them; empty when the objects come from files. */
  rolloutFreezes: RolloutFreeze[];
  rolloutOverrides: RolloutOverride[];
  changeFreezes: ChangeFreeze[];
  /** Objects that were skipped, with the reason; for people. */
  notes: string[];
}

/** A kind that an inventory has a list for. */
export type InventoryKind = (
  | PresenceCluster
  | Wedding
  | RolloutFreeze
  | RolloutOverride
  | ChangeFreeze
)['kind'];

export function emptyInventory(from: Inventory['from']): Inventory {
  return {
    from,
    presenceClusters: [],
    weddings: [],
    weddingCalendars: [],
    rolloutFreezes: [],
    rolloutOverrides: [],
    changeFreezes: [],
    notes: [],
  };
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
