import type { ScalingCostStatus, ScalingStatus } from '../../api/v1alpha1/scaling-status.ts';
import type { Decision } from '../../domain/autoscaling/decide.ts';
import type { Demand } from '../../domain/autoscaling/demand.ts';
import type { DemandSize } from '../../domain/autoscaling/demand-size.ts';
import { NO_MEMORY, type ScalingMemory } from '../../domain/autoscaling/scaling-memory.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';

/** Limits of the schema. */
const MAX_BECAUSE = 1024;
const MAX_CANDIDATE = 512;
/** Loads change with each scrape; the same decision is written again after this time only. */
const REFRESH_MS = 60_000;

/**
 * The decision as status shows it. In the modes that use the load, a decision with the same pods for the same reason as
 * the one shown replaces it after a minute, so that a settled PresenceCluster is not written every few seconds.
 *
 * @param before what status shows
 * @param cost where it is known
 */
export function scalingStatus(
  decision: Decision,
  demand: Demand | undefined,
  before: ScalingStatus | undefined,
  cost?: ScalingCostStatus,
): ScalingStatus {
  const { nextChange } = decision;
  const status: ScalingStatus = {
    floor: decision.floor,
    desired: decision.desired,
    season: decision.inputs.season,
    peak: decision.inputs.peak,
    because: decision.because.slice(0, MAX_BECAUSE),
    ...(decision.demand === undefined || demand === undefined
      ? {}
      : demandStatus(decision, decision.demand, demand)),
    ...(cost === undefined ? {} : { cost }),
    ...(nextChange ? { nextChange: { ...nextChange, at: formatInstant(nextChange.at) } } : {}),
  };
  return decision.demand !== undefined && isShown(status, before, decision.at) ? before : status;
}

function isShown(
  status: ScalingStatus,
  before: ScalingStatus | undefined,
  now: Date,
): before is ScalingStatus {
  if (before?.at === undefined) return false;
  const age = now.getTime() - Date.parse(before.at);
  if (age < 0 || age >= REFRESH_MS) return false;
  const essence = ({ floor, desired, winner, held, memory }: ScalingStatus): string =>
    JSON.stringify([floor, desired, winner, held, memory?.recommended, memory?.higher, memory?.changes]);
  return essence(status) === essence(before);
}

function demandStatus(decision: Decision, size: DemandSize, demand: Demand): Partial<ScalingStatus> {
  const { peak, quality, load, held, memory } = size;
  const { held: coverage, samples } = peak.coverage;
  return {
    at: formatInstant(decision.at),
    winner: decision.winner,
    candidates: decision.candidates.map(({ source, replicas, because }) => ({
      source,
      replicas,
      because: because.slice(0, MAX_CANDIDATE),
    })),
    ...(held === undefined ? {} : { held }),
    ...(load === undefined ? {} : { connections: Math.round(load) }),
    forecast: {
      until: formatInstant(peak.at),
      expected: Math.round(peak.expected),
      booked: Math.round(peak.booked),
      bound: Math.ceil(peak.bound),
      quality,
      ...(coverage === undefined ? {} : { coverage: Math.round(coverage * 1000) / 1000 }),
      samples,
    },
    leadSeconds: demand.lead.seconds,
    leadSamples: demand.lead.samples,
    memory: {
      ...(memory.recommended === undefined ? {} : { recommended: memory.recommended }),
      higher: memory.higher.map(({ replicas, until }) => ({ replicas, until: toWire(until) })),
      changes: memory.changes.map(({ at, change }) => ({ at: toWire(at), change })),
    },
  };
}

function toWire(ms: number): string {
  return new Date(ms).toISOString();
}

/** What an operator before this one remembered. */
export function rememberedScaling(status: ScalingStatus | undefined): ScalingMemory {
  const memory = status?.memory;
  if (memory === undefined) return NO_MEMORY;
  const { recommended, higher, changes } = memory;
  return {
    ...(recommended === undefined ? {} : { recommended }),
    higher: higher.map(({ replicas, until }) => ({ replicas, until: Date.parse(until) })),
    changes: changes.map(({ at, change }) => ({ at: Date.parse(at), change })),
  };
}
