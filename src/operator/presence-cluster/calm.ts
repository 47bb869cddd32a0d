import { type ConditionEntry, PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { nextSpreadStep } from '../../domain/topology/spread.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageResults } from './plan/stage.ts';

const CATALOGUE: Readonly<Record<string, ConditionEntry>> = PRESENCE_CLUSTER_CONDITIONS;

/**
 * Whether nothing is to be done for a PresenceCluster, nothing is waited for and all is well, so that only a change brings another
 * decision; pure. In the modes that use the load the load changes with each report.
 */
export function isCalm(
  { observed, decision, roll }: Pick<ReconcilePlan, 'observed' | 'decision' | 'roll'>,
  { refused, windowsNotWritten, rotationWaitsFor }: StageResults,
  { conditions = [] }: Pick<PresenceClusterStatus, 'conditions'>,
): boolean {
  const isSteady = decision.plan.state === 'Steady' && decision.plan.steps.length === 0;
  const waits = windowsNotWritten !== undefined || rotationWaitsFor !== undefined || refused.length > 0;
  if (!isSteady || waits || roll.kind !== 'none') return false;
  if (decision.pause.active || observed.demand !== undefined) return false;
  // A failover that was refused, or waits for another, or for a replica that is behind.
  const isDraining = observed.topology.nodes.some(({ cordoned }) => cordoned === true);
  if (isDraining || nextSpreadStep(observed.topology, decision.plan).kind !== 'none') return false;
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady && conditions.every(({ type, status }) => CATALOGUE[type]?.event?.warning !== status);
}
