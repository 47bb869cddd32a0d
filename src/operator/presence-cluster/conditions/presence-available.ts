import { findCause } from '../../cluster-state/find-cause.ts';
import { isReady } from '../../cluster-state/pod.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { sentence } from './sentence.ts';

/** Presence pods as they are and as they are to be. */
export interface FleetState {
  readonly wanted: number;
  readonly ready: number;
  /**
   * Of the wanted pods, the most that have been ready at the same time: pods that a scale-out adds do not count before they were ready.
   * Undefined until all wanted pods were ready for the first time.
   */
  readonly established: number | undefined;
}

export function fleetState({ observed, decision }: Pick<ReconcilePlan, 'observed' | 'decision'>): FleetState {
  const { write, inputs } = decision.scaling;
  const wanted = write ?? inputs.current ?? observed.presencePods.length;
  const ready = observed.presencePods.filter(isReady).length;
  const before = observed.cluster.status?.presence?.establishedReplicas;
  if (before === undefined && ready < wanted) return { wanted, ready, established: undefined };
  return { wanted, ready, established: Math.min(wanted, Math.max(before ?? 0, ready)) };
}

/** Whether as many presence pods are ready as were before, and whether more are starting; pure. */
export function presenceConditions(plan: ReconcilePlan): [ClusterCondition, ClusterCondition] {
  const fleet = fleetState(plan);
  const available = presenceAvailable(plan, fleet);
  return [available, presenceStarting(plan, fleet, available)];
}

function presenceAvailable({ observed }: ReconcilePlan, fleet: FleetState): ClusterCondition {
  const type = 'PresenceAvailable';
  const { ready, wanted, established } = fleet;
  if (established !== undefined && ready >= established) {
    return { type, status: 'True', reason: 'PodsReady', message: `Presence pods that are ready: ${ready}.` };
  }
  if (observed.signingProblem) {
    return { type, status: 'False', reason: 'AuthSecretMissing', message: observed.signingProblem };
  }
  const cause = findCause(observed, { component: 'presence' });
  if (cause) return { type, status: 'False', reason: cause.reason, message: sentence(cause.message) };
  const message = `${ready} of ${wanted} presence pods are ready.`;
  return { type, status: 'False', reason: 'PodsStarting', message };
}

function presenceStarting(
  { observed }: ReconcilePlan,
  { ready, wanted }: FleetState,
  available: ClusterCondition,
): ClusterCondition {
  const type = 'PresenceStarting';
  if (ready >= wanted) {
    return { type, status: 'False', reason: 'AllReady', message: 'All wanted presence pods are ready.' };
  }
  if (available.status === 'False') {
    return { type, status: 'True', reason: 'NotAvailable', message: 'See PresenceAvailable.' };
  }
  const cause = findCause(observed, { component: 'presence' });
  const count = `${wanted - ready} of ${wanted} presence pods are starting`;
  return cause === undefined
    ? { type, status: 'True', reason: 'PodsStarting', message: `${count}.` }
    : { type, status: 'True', reason: 'PodsNotStarting', message: `${count}: ${sentence(cause.message)}` };
}
