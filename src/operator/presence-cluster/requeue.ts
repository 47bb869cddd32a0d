import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { nextBoundary } from '../../domain/calendar/calendar-segments.ts';
import type { RollStep } from '../../domain/topology/roll.ts';
import type { ClusterDecision } from './decide.ts';
import type { Observed } from './observed.ts';
import type { Pass } from './pass.ts';

/** A step takes effect within a gossip round; looking sooner shows nothing new. */
const AFTER_STEPS_MS = 200;
/** Pods that do not answer yet: the watch tells when they are there, this only stands behind it. */
const WHILE_SILENT_MS = 1000;
const WHILE_UNSETTLED_MS = 250;
/** There is nobody to ask; only the watch can bring news. */
const WITHOUT_PODS_MS = 5_000;
/** Redis has no watch: so often a settled cluster is looked at. */
const STEADY_MS = 5000;
/** Timers may fire a little early; a boundary must have passed when it is looked at. */
const PAST_BOUNDARY_MS = 5;

/** When to look at a PresenceCluster again, at the latest, in milliseconds. */
export function requeueAfter(
  spec: PresenceClusterSpec,
  { observed, decision, roll }: Pick<Pass, 'observed' | 'decision' | 'roll'>,
  now: Date,
): number {
  const boundaries = [
    nextBoundary(spec.scaling, spec.timeZone, now),
    ...decision.windows.flatMap(({ from, until }) => [from, until]),
    ...decision.overrides.map(({ until }) => new Date(until)),
  ];
  const next = Math.min(...boundaries.map((at) => at.getTime()).filter((at) => at > now.getTime()));
  return Math.min(next - now.getTime() + PAST_BOUNDARY_MS, redisDelay(decision, roll, observed));
}

function redisDelay({ plan, rollouts }: ClusterDecision, roll: RollStep, { redisPods }: Observed): number {
  // In a freeze nothing is renewed, whatever would come next.
  const isRolling = !rollouts.active && (roll.kind === 'failover' || roll.kind === 'renew');
  if (plan.steps.length > 0 || isRolling) return AFTER_STEPS_MS;
  if (plan.state === 'Steady' || plan.state === 'Degraded') return STEADY_MS;
  if (!redisPods.some((pod) => pod.status?.podIP)) return WITHOUT_PODS_MS;
  return plan.slotsCovered === 0 ? WHILE_SILENT_MS : WHILE_UNSETTLED_MS;
}
