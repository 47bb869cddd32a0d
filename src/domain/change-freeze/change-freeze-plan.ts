import type { ChangeFreezeSpec } from '../../api/v1alpha1/change-freeze.ts';
import type { FreezeSpec } from '../../api/v1alpha1/freeze.ts';
import { formatInstant } from '../calendar/instant.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { refuseFreeze } from '../freeze/accept-freeze.ts';
import type { FreezeWedding } from '../freeze/protected-weddings.ts';
import { boundedWindows } from '../freeze/rollout-freeze-windows.ts';
import { type NamedInterval, resolveSpecWindows } from '../freeze/spec-windows.ts';
import { type FreezeWindow, freezeWindows } from '../freeze/windows.ts';
import { selects } from './label-selector.ts';
import { occurrencesOf, type RecurringRefusal, refuseJoined, refuseRecurring } from './recurring-windows.ts';

/** Windows are written so far ahead: a ChangeFreeze holds for that time with a dead operator. */
export const HORIZON_DAYS = 28;

export type ChangeFreezePlan =
  | ({ accepted: false } & RecurringRefusal)
  | {
      accepted: true;
      /** Merged, in order; those that have ended are left out. */
      windows: FreezeWindow[];
      /** The first instant of which nothing is known. */
      knownUntil: Date;
    };

/** When a ChangeFreeze is on, from an instant on. */
export function planChangeFreeze(
  spec: ChangeFreezeSpec,
  weddings: readonly FreezeWedding[],
  now: Date,
): ChangeFreezePlan {
  const refusal = refuse(spec);
  if (refusal !== undefined) return { accepted: false, ...refusal };
  // Whole days, so that the status does not change with every look at it.
  const today = Math.floor(now.getTime() / MS_A_DAY);
  const knownUntil = new Date((today + HORIZON_DAYS) * MS_A_DAY);
  const span = { from: now.getTime(), until: knownUntil.getTime() };
  const manual = [
    ...resolveSpecWindows(spec.windows, spec.timeZone),
    ...spec.recurring.flatMap((window) => occurrencesOf(window, spec.timeZone, span)),
  ].filter(({ from, until }) => until > span.from && from < span.until);
  const plan = freezeWindows({
    spec: { timeZone: spec.timeZone, freeze: asFreeze(spec, manual) },
    weddings:
      spec.weddings === undefined
        ? []
        : weddings.filter(({ labels }) => selects(spec.weddings?.selector, labels ?? {})),
    from: now,
    days: (span.until - span.from) / MS_A_DAY,
  });
  return { accepted: true, windows: boundedWindows(plan.windows, now), knownUntil };
}

function refuse(spec: ChangeFreezeSpec): RecurringRefusal | undefined {
  const manual = refuseFreeze({
    timeZone: spec.timeZone,
    freeze: { ...asFreeze(spec, []), windows: spec.windows },
  });
  if (manual !== undefined) {
    return { ...manual, message: manual.message.replaceAll('spec.freeze.windows', 'spec.windows') };
  }
  for (const [index, window] of spec.recurring.entries()) {
    const refusal = refuseRecurring(window, spec.timeZone);
    if (refusal === undefined) continue;
    return { ...refusal, message: `spec.recurring[${index}] (${window.name}): ${refusal.message}` };
  }
  const joined = refuseJoined(spec.recurring, spec.timeZone);
  return joined && { ...joined, message: `spec.recurring: ${joined.message}` };
}

/** The same as `spec.freeze` of a PresenceCluster, so that both have one set of rules. */
function asFreeze({ weddings }: ChangeFreezeSpec, manual: readonly NamedInterval[]): FreezeSpec {
  return {
    days: weddings?.days ?? [],
    before: weddings?.before ?? '0s',
    after: weddings?.after ?? '0s',
    minActiveWeddings: 1,
    minPeopleAtRisk: 1,
    states: ['Confirmed'],
    windows: manual.map(({ name, reason, from, until }) => ({
      name,
      reason,
      from: formatInstant(from),
      until: formatInstant(until),
    })),
    allowWindows: [],
    budget: { minOpen: '0s', period: '24h', behaviour: 'Warn' },
  };
}
