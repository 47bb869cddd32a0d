import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import { freezeWedding } from '../domain/freeze/protected-weddings.ts';
import { boundedWindows, toRolloutFreezeWindows } from '../domain/freeze/rollout-freeze-windows.ts';
import { type FreezePlan, freezeWindows } from '../domain/freeze/windows.ts';
import { decidingSpec } from './deciding-spec.ts';
import { type Inventory, weddingsOf } from './inventory.ts';
import { idOf } from './wedding-ids.ts';

/** As far ahead as the operator writes windows. */
export const FREEZE_DAYS = 90;

/** Windows of one PresenceCluster from an instant on. */
export interface PresenceClusterFreezes extends Pick<FreezePlan, 'skipped' | 'budget' | 'nextSafeWindow'> {
  namespace: string;
  name: string;
  timeZone: string;
  /** RolloutFreeze: as written by the operator. Weddings: computed here, from Wedding objects. */
  source: 'RolloutFreeze' | 'Weddings';
  windows: ReturnType<typeof toRolloutFreezeWindows>;
}

/**
 * The windows that hold from an instant on: those the operator wrote when it did and they reach that far, otherwise
 * computed from the spec and the weddings.
 */
export function freezesOf(
  inventory: Inventory,
  presenceCluster: PresenceCluster,
  from: Date,
  now: Date,
): PresenceClusterFreezes {
  const { namespace, name } = presenceCluster.metadata;
  const { spec } = decidingSpec(presenceCluster);
  const plan = freezeWindows({
    spec,
    weddings: weddingsOf(inventory, presenceCluster).map((wedding) => freezeWedding(wedding, idOf(wedding))),
    from,
    days: FREEZE_DAYS,
  });
  const { budget, nextSafeWindow } = plan;
  const head = {
    namespace,
    name,
    timeZone: spec.timeZone,
    budget,
    ...(nextSafeWindow === undefined ? {} : { nextSafeWindow }),
  };
  const written = writtenWindows(inventory, presenceCluster, from, now);
  if (written !== undefined) return { ...head, source: 'RolloutFreeze', windows: written, skipped: [] };
  return {
    ...head,
    source: 'Weddings',
    windows: toRolloutFreezeWindows(boundedWindows(plan.windows, from)),
    skipped: plan.skipped,
  };
}

function writtenWindows(
  inventory: Inventory,
  { metadata: { namespace, name } }: PresenceCluster,
  from: Date,
  now: Date,
): PresenceClusterFreezes['windows'] | undefined {
  if (inventory.from !== 'cluster' || from < now || !isCovered(from, now)) return undefined;
  return inventory.rolloutFreezes
    .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
    ?.spec.windows.filter((window) => Date.parse(window.until) > from.getTime());
}

/** Whether the operator's windows reach an instant; a day of reserve for an operator that was down. */
function isCovered(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() < (FREEZE_DAYS - 1) * 86_400_000;
}
