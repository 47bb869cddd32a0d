import type { ChangeFreeze } from '../api/v1alpha1/kinds.ts';
import { isIanaTimeZone } from '../domain/calendar/iana-zone.ts';
import { formatInstant } from '../domain/calendar/instant.ts';
import { planChangeFreeze } from '../domain/change-freeze/change-freeze-plan.ts';
import { freezeWedding } from '../domain/freeze/protected-weddings.ts';
import { toRolloutFreezeWindows } from '../domain/freeze/rollout-freeze-windows.ts';
import type { Inventory } from './inventory.ts';
import { idOf } from './wedding-ids.ts';

/** Windows of one ChangeFreeze from an instant on. */
export interface ChangeFreezeWindows {
  namespace: string;
  name: string;
  timeZone: string;
  /** Status: as written by the operator. Spec: computed here, from the spec and from Wedding objects. */
  source: 'Status' | 'Spec';
  windows: ReturnType<typeof toRolloutFreezeWindows>;
  /** Nothing is known of what comes after this instant. */
  knownUntil?: string;
  /** Why these windows hold in part or not at all; absent: they hold, or no operator has looked at them. */
  problem?: string;
}

/** The zone in which times of a ChangeFreeze are read and shown: UTC while the one of its spec does not exist. */
export function shownTimeZone({ spec }: ChangeFreeze): string {
  return isIanaTimeZone(spec.timeZone) ? spec.timeZone : 'UTC';
}

/**
 * The windows that hold from an instant on: those that the operator wrote when they reach that far, otherwise computed from the spec
 * and the Weddings.
 */
export function changeFreezeWindows(
  inventory: Inventory,
  changeFreeze: ChangeFreeze,
  from: Date,
  now: Date,
): ChangeFreezeWindows {
  const { metadata, spec, status } = changeFreeze;
  const { namespace, name } = metadata;
  const head = { namespace, name, timeZone: shownTimeZone(changeFreeze) };
  const { windows, knownUntil } = status ?? {};
  const isAhead = inventory.from === 'cluster' && from >= now;
  const ready = isAhead ? status?.conditions?.find(({ type }) => type === 'Ready') : undefined;
  const problem = ready?.status === 'False' ? { problem: `${ready.reason}: ${ready.message}` } : {};
  if (isAhead && windows !== undefined && knownUntil !== undefined && from < new Date(knownUntil)) {
    return {
      ...head,
      source: 'Status',
      windows: windows.filter(({ until }) => new Date(until) > from),
      knownUntil,
      ...problem,
    };
  }
  const weddings = inventory.weddings.filter((wedding) => wedding.metadata.namespace === namespace);
  const plan = planChangeFreeze(
    spec,
    weddings.map((wedding) => freezeWedding(wedding, idOf(wedding))),
    from,
  );
  if (!plan.accepted) {
    return { ...head, source: 'Spec', windows: [], problem: `${plan.reason}: ${plan.message}` };
  }
  return {
    ...head,
    source: 'Spec',
    windows: toRolloutFreezeWindows(plan.windows),
    knownUntil: formatInstant(plan.knownUntil),
    ...problem,
  };
}
