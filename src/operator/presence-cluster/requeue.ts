import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { nextBoundary } from '../../domain/calendar/calendar-segments.ts';
import { PHASE_LEAD_MS } from '../../domain/freeze/freeze-parameter.ts';
import { pausesHealing } from '../../domain/pause/pause-at.ts';
import { SLOT_COUNT } from '../../domain/topology/slots.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageResults } from './plan/stage.ts';

/** A step takes effect within a gossip round; looking sooner shows nothing new. */
const AFTER_STEPS_MS = 200;
/** For pods that do not answer yet. The watch reports when they start; this is the fallback. */
const WHILE_SILENT_MS = 1000;
const WHILE_UNSETTLED_MS = 250;
/** No server can be asked; only the watch can bring a change. */
const WITHOUT_PODS_MS = 60_000;
/** Pods wait for a Secret that a person, cert-manager or a later try creates, and Secrets are not watched. */
const WITHOUT_SECRET_MS = 5000;
/** How often a settled cluster is checked: Redis has no watch. */
export const STEADY_MS = 5000;

/** The next instant of the wall clock at which a decision may change: season, peak, freeze, override or retry. */
export function nextInstant(
  spec: PresenceClusterSpec,
  {
    decision,
    observed,
  }: Pick<ReconcilePlan, 'decision'> & { observed?: Pick<ReconcilePlan['observed'], 'moveRefused'> },
  now: Date,
): Date {
  const boundaries = [
    nextBoundary(spec.scaling, spec.timeZone, now),
    // The RolloutFreeze changes its phase a little before a freeze.
    ...decision.windows.flatMap(({ from, until }) => [new Date(from.getTime() - PHASE_LEAD_MS), from, until]),
    ...decision.overrides.map(({ until }) => new Date(until)),
    ...(observed?.moveRefused ? [observed.moveRefused.until] : []),
    // A held change is released a little after the end of a freeze.
    ...(decision.effectiveFreeze.active && decision.effectiveFreeze.until
      ? [decision.effectiveFreeze.until]
      : []),
    ...(decision.pause.active && decision.pause.until ? [decision.pause.until] : []),
  ];
  return new Date(Math.min(...boundaries.map((at) => at.getTime()).filter((at) => at > now.getTime())));
}

/** When to look at Redis again, at the latest, in milliseconds. */
export function redisDelay(
  { observed, decision, roll }: Pick<ReconcilePlan, 'observed' | 'decision' | 'roll'>,
  { renewalRefused = false }: Pick<StageResults, 'renewalRefused'>,
): number {
  const { plan, rolloutHold } = decision;
  const renews = roll.kind === 'renew' && !renewalRefused;
  // In a freeze or a pause nothing is renewed, whatever would come next.
  const isRolling = !rolloutHold.active && (roll.kind === 'failover' || renews);
  // No stage carries the steps out.
  if (pausesHealing(decision.pause)) return STEADY_MS;
  if (plan.steps.length > 0 || isRolling) return AFTER_STEPS_MS;
  if (plan.state === 'Steady' || plan.state === 'Held') return STEADY_MS;
  // A person must act, or gossip and Kubernetes must agree first; neither is reported to us.
  if (plan.state === 'Degraded') return plan.slotsCovered < SLOT_COUNT ? WHILE_SILENT_MS : STEADY_MS;
  if (!observed.redisPods.some((pod) => pod.status?.podIP)) {
    return waitsForSecret(observed) ? WITHOUT_SECRET_MS : WITHOUT_PODS_MS;
  }
  return plan.slotsCovered === 0 ? WHILE_SILENT_MS : WHILE_UNSETTLED_MS;
}

function waitsForSecret({ tls, refusedSecrets }: ReconcilePlan['observed']): boolean {
  return tls?.problem !== undefined || refusedSecrets.length > 0;
}
