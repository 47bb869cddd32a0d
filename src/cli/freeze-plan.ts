import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import { type FreezePlan, freezeWindows, toRolloutFreezeWindows } from '../domain/freeze/windows.ts';
import { type Inventory, weddingsOf } from './inventory/inventory.ts';
import { decidingSpec } from './inventory/select.ts';
import { idOf } from './wedding-ids.ts';

/** As far ahead as the operator writes windows. */
export const FREEZE_DAYS = 90;

/** Windows of one PresenceCluster from an instant on. */
export interface PresenceClusterFreezes {
  namespace: string;
  name: string;
  timeZone: string;
  /** RolloutFreeze: as written by the operator. Weddings: computed here, from Wedding objects. */
  source: 'RolloutFreeze' | 'Weddings';
  windows: ReturnType<typeof toRolloutFreezeWindows>;
  skipped: FreezePlan['skipped'];
}

/**
 * The windows that hold from an instant on: those the operator wrote when it did and they reach that far, otherwise
 * computed from the weddings.
 */
export function freezesOf(
  inventory: Inventory,
  presenceCluster: PresenceCluster,
  from: Date,
  now: Date,
): PresenceClusterFreezes {
  const { namespace, name } = presenceCluster.metadata;
  const { spec } = decidingSpec(presenceCluster);
  const written = inventory.rolloutFreezes.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  const head = { namespace, name, timeZone: spec.timeZone };
  if (inventory.from === 'cluster' && written !== undefined && from >= now && isCovered(from, now)) {
    const windows = written.spec.windows.filter((window) => Date.parse(window.until) > from.getTime());
    return { ...head, source: 'RolloutFreeze', windows, skipped: [] };
  }
  const plan = freezeWindows({
    freeze: spec.freeze,
    weddings: weddingsOf(inventory, presenceCluster).map((wedding) => ({
      id: idOf(wedding),
      spec: wedding.spec,
    })),
    from,
    days: FREEZE_DAYS,
  });
  return {
    ...head,
    source: 'Weddings',
    windows: toRolloutFreezeWindows(plan.windows),
    skipped: plan.skipped,
  };
}

/** Whether the operator's windows reach an instant; a day of reserve for an operator that was down. */
function isCovered(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() < (FREEZE_DAYS - 1) * 86_400_000;
}
