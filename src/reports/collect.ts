import type {
  ChangeFreeze,
  PresenceCluster,
  RolloutFreeze,
  RolloutOverride,
  Wedding,
  WeddingCalendar,
} from '../api/v1alpha1/kinds.ts';
import type { Inventory } from './inventory.ts';
import type { ValidObject } from './validate-object.ts';

/** Puts a validated object into its list. */
export function collect(inventory: Inventory, object: ValidObject): void {
  switch (object.kind) {
    case 'PresenceCluster':
      inventory.presenceClusters.push(object as PresenceCluster);
      break;
    case 'Wedding':
      inventory.weddings.push(object as Wedding);
      break;
    case 'RolloutFreeze':
      inventory.rolloutFreezes.push(object as RolloutFreeze);
      break;
    case 'RolloutOverride':
      inventory.rolloutOverrides.push(object as RolloutOverride);
      break;
    case 'WeddingCalendar':
      inventory.weddingCalendars.push(object as WeddingCalendar);
      break;
    case 'ChangeFreeze':
      inventory.changeFreezes.push(object as ChangeFreeze);
      break;
    // Valid, and no verb looks at it.
    case 'PresenceOptimization':
      break;
    default:
      throw new TypeError(`kind ${object.kind} has no list`);
  }
}
