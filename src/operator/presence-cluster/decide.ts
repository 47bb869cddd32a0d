import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { OpenOverride, RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { teamSize } from '../../api/v1alpha1/wedding.ts';
import { type Decision, decideReplicas } from '../../domain/autoscaling/decide.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { weddingPhase } from '../../domain/calendar/wedding-phase.ts';
import { type FreezeState, freezeAt } from '../../domain/freeze/freeze-at.ts';
import { openOverrides } from '../../domain/freeze/override.ts';
import { rolloutGate } from '../../domain/freeze/rollout-gate.ts';
import { weddingId } from '../../domain/freeze/wedding-id.ts';
import { type FreezeWindow, freezeWindows } from '../../domain/freeze/windows.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { planTopology, type TopologyPlan } from '../../domain/topology/plan.ts';
import { sha256Hex } from '../content-hash.ts';
import type { Observed, Workload } from './observed.ts';

/** Freeze windows are written this far ahead, so that they hold while the operator is down. */
const FREEZE_HORIZON_DAYS = 90;
/** A wedding ends on its date or the day after; zones add less than a day to either side of that. */
const FARTHEST_ACTIVE_MS = 3 * 24 * 60 * 60 * 1000;

export interface ClusterDecision {
  scaling: Decision;
  windows: FreezeWindow[];
  freeze: FreezeState;
  /** RolloutOverrides that are open. */
  overrides: OpenOverride[];
  /** The freeze as our own rollouts meet it: an override opens it. */
  rollouts: FreezeState;
  plan: TopologyPlan;
}

/** Everything that follows from what was observed; pure. */
export function decide(observed: Observed, spec: PresenceClusterSpec): ClusterDecision {
  const { now, cluster, weddings } = observed;
  const { windows } = freezeWindows({
    freeze: spec.freeze,
    weddings: weddings.map((wedding) => ({
      id: weddingId(wedding.metadata.namespace, wedding.metadata.name, sha256Hex),
      spec: wedding.spec,
    })),
    from: now,
    days: FREEZE_HORIZON_DAYS,
  });
  const deployment = observed.children.get(`Deployment/${childName.presence(cluster.metadata.name)}`);
  const freeze = freezeAt(windows, now);
  const overrides = openOverrides(observed.overrides ?? [], now);
  const published = observed.children.get(`RolloutFreeze/${cluster.metadata.name}`)?.spec as
    | Partial<RolloutFreezeSpec>
    | undefined;
  return {
    scaling: decideReplicas({
      spec,
      now,
      current: (deployment as Workload | undefined)?.spec.replicas,
      ...activeCrews(observed),
    }),
    windows,
    freeze,
    overrides,
    rollouts: rolloutGate({ freeze, overrides, published, now }),
    plan: planTopology(observed.topology, {
      shards: spec.redis.shards,
      replicasPerShard: spec.redis.replicasPerShard,
    }),
  };
}

function activeCrews({ weddings, now }: Observed): { activeWeddings: number; teamMembers: number } {
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
