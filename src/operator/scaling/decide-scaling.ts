import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { teamSize } from '../../api/v1alpha1/wedding.ts';
import { type Decision, decideReplicas } from '../../domain/autoscaling/decide.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { weddingPhase } from '../../domain/calendar/wedding-phase.ts';
import { pausesScaling } from '../../domain/pause/pause-at.ts';
import { presenceDeployment, type ScalingState } from '../cluster-state/observed.ts';
import { pauseOf } from '../cluster-state/pause.ts';

/** A wedding ends on its date or the day after; zones add less than a day to either side of that. */
const FARTHEST_ACTIVE_MS = 3 * 24 * 60 * 60 * 1000;

/** How many presence pods there should be, of what the caches and the books say; pure. */
export function decideScaling(observed: ScalingState, spec: PresenceClusterSpec): Decision {
  const decided = decideReplicas({
    spec,
    now: observed.now,
    current: presenceDeployment(observed)?.spec.replicas,
    demand: observed.demand,
    holdFloor: observed.holdFloor,
    ...activeCrews(observed),
  });
  // Two that write one number undo each other's decisions.
  const mayWrite =
    observed.conflictingAutoscaler === undefined && !pausesScaling(pauseOf(observed.cluster, observed.now));
  return mayWrite ? decided : { ...decided, write: undefined };
}

function activeCrews({ weddings, now }: Pick<ScalingState, 'weddings' | 'now'>): {
  activeWeddings: number;
  teamMembers: number;
} {
  const active = weddings.filter(({ spec }) => {
    if (spec.state !== 'Confirmed' || !isNear(spec.date, now)) return false;
    const accepted = acceptWedding(spec);
    return accepted.accepted && weddingPhase(spec.state, accepted, now) === 'Active';
  });
  return {
    activeWeddings: active.length,
    teamMembers: active.reduce((sum, { spec }) => sum + teamSize(spec.team), 0),
  };
}

/** Passes over weddings that cannot be on without a look at their zones: thousands may be booked. */
function isNear(date: string, now: Date): boolean {
  return Math.abs(Date.parse(date) - now.getTime()) < FARTHEST_ACTIVE_MS;
}
