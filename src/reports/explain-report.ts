import type { PresenceCluster, Wedding } from '../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../api/v1alpha1/presence-cluster.ts';
import { teamSize } from '../api/v1alpha1/wedding.ts';
import { type Decision, decideReplicas } from '../domain/autoscaling/decide.ts';
import type { Demand } from '../domain/autoscaling/demand.ts';
import { formatInstant } from '../domain/calendar/instant.ts';
import { acceptWedding } from '../domain/calendar/wedding-interval.ts';
import { weddingPhase } from '../domain/calendar/wedding-phase.ts';
import { freezeAt } from '../domain/freeze/freeze-at.ts';
import { freezeWedding } from '../domain/freeze/protected-weddings.ts';
import { freezeWindows } from '../domain/freeze/windows.ts';
import { looksAtLoad, plannedDemand, plannedLoad } from './planned-demand.ts';
import { type LoadOnTheWire, publishedDecision } from './published-decision.ts';
import { idOf } from './wedding-ids.ts';
import { type FrozenOnTheWire, frozenOnTheWire } from './wire.ts';

/** The next freeze is looked for as far ahead as the operator writes windows. */
const FREEZE_DAYS = 90;

/** What `explain` prints as JSON. */
export interface ExplainReport
  extends Pick<Decision, 'desired' | 'floor' | 'winner' | 'candidates' | 'inputs' | 'clamps' | 'because'> {
  name: string;
  namespace: string;
  at: string;
  timeZone: string;
  /** The load that the operator decided with; only when its own decision is shown. */
  load?: LoadOnTheWire;
  frozen: FrozenOnTheWire;
  nextChange?: { at: string; expect: number; because: string };
  tzdb: string;
}

export interface ExplainInput {
  presenceCluster: PresenceCluster;
  spec: PresenceClusterSpec;
  /** Those that it serves. */
  weddings: readonly Wedding[];
  at: Date;
  /** Tell the decision that the operator has made, where there is one, instead of a plan. */
  asDecided?: boolean;
  tzdb: string;
}

/** Why there should be so many presence pods at an instant, and what is frozen then. */
export function explainReport(input: ExplainInput): ExplainReport {
  const { presenceCluster, spec, weddings, at, tzdb } = input;
  const current = presenceCluster.status?.presence?.replicas;
  const published = input.asDecided === true ? publishedDecision(presenceCluster) : undefined;
  const active = weddings.filter(isActiveAt(at));
  const decision = decideReplicas({
    spec,
    now: at,
    current,
    demand: looksAtLoad(spec.scaling.mode) ? plannedAt(weddings, at, current ?? 0) : undefined,
    activeWeddings: active.length,
    teamMembers: active.reduce((sum, wedding) => sum + teamSize(wedding.spec.team), 0),
  });
  const { windows } = freezeWindows({
    spec,
    weddings: weddings.map((wedding) => freezeWedding(wedding, idOf(wedding))),
    from: at,
    days: FREEZE_DAYS,
  });
  const { nextChange } = decision;
  return {
    name: presenceCluster.metadata.name,
    namespace: presenceCluster.metadata.namespace,
    at: formatInstant(at),
    timeZone: spec.timeZone,
    desired: decision.desired,
    floor: decision.floor,
    winner: decision.winner,
    because: decision.because,
    candidates: decision.candidates,
    inputs: decision.inputs,
    clamps: decision.clamps,
    ...published?.decision,
    ...(published === undefined ? {} : { load: published.load }),
    frozen: frozenOnTheWire(freezeAt(windows, at)),
    ...(nextChange === undefined ? {} : { nextChange: { ...nextChange, at: formatInstant(nextChange.at) } }),
    tzdb,
  };
}

function plannedAt(weddings: readonly Wedding[], at: Date, pods: number): Demand {
  const ms = at.getTime();
  return plannedDemand(plannedLoad(weddings, ms, ms), ms, pods);
}

function isActiveAt(at: Date): (wedding: Wedding) => boolean {
  return ({ spec }) => {
    const times = acceptWedding(spec);
    return times.accepted && spec.state === 'Confirmed' && weddingPhase(spec.state, times, at) === 'Active';
  };
}
