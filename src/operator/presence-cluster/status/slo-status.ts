import { MAX_NAMED_PODS, type SloStatus } from '../../../api/v1alpha1/slo/slo-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import type { Attained } from '../../../domain/slo/judge-slo.ts';
import { BURN_WINDOWS } from '../../../domain/slo/slo-history.ts';
import type { SloView } from '../../slo/cluster-slo.ts';

/** Instants in status are whole minutes, so that a window that moves on is no change every second. */
const MINUTE_MS = 60_000;

/**
 * The objectives as status shows them.
 *
 * @param before what status shows; it stays while nothing is known, as after a change of the leader
 */
export function sloStatus(view: SloView | undefined, before: SloStatus | undefined): SloStatus | undefined {
  if (view?.state === undefined) {
    if (view === undefined || before === undefined) return before;
    return { ...before, leftOut: named(view) };
  }
  const { since, updates, joins, burnRates } = view.state;
  return {
    since: formatInstant(new Date(Math.floor(since / MINUTE_MS) * MINUTE_MS)),
    updates: attained(updates),
    joins: attained(joins),
    burnRates: BURN_WINDOWS.map((window) => ({
      window,
      updates: burnRates.updates[window],
      joins: burnRates.joins[window],
    })),
    leftOut: named(view),
  };
}

function attained({ objective, attainment, budgetLeft }: Attained): SloStatus['updates'] {
  if (attainment === undefined || budgetLeft === undefined) return { objective };
  return { objective, attainment, budgetLeft };
}

function named({ leftOut }: SloView): SloStatus['leftOut'] {
  return leftOut.slice(0, MAX_NAMED_PODS).map(({ pod, because }) => ({ pod, because }));
}
