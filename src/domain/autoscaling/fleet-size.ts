import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { CalendarSegment } from '../calendar/calendar-segments.ts';
import { ceilProduct } from './ceil-product.ts';
import { arithmetic } from './wording.ts';

/** Where a number of pods comes from. */
export type CandidateSource = 'Calendar' | 'Minimum' | 'Current' | 'Manual';

export interface Candidate {
  source: CandidateSource;
  replicas: number;
  /** The arithmetic, in words. */
  because: string;
}

export interface Clamp {
  by: 'minReplicas' | 'maxReplicas';
  from: number;
  to: number;
}

/** The number of pods at one time of the calendar, and where it comes from. */
export interface FleetSize {
  /** ceil(baseline × season × peak), clamped to [minReplicas, maxReplicas]. */
  floor: number;
  /** What there should be. */
  desired: number;
  /** What to write to the workload; undefined when the mode leaves the number alone. */
  write: number | undefined;
  winner: CandidateSource;
  candidates: Candidate[];
  clamps: Clamp[];
  because: string;
}

/**
 * The number of presence pods by the mode of the spec.
 *
 * @param current pods there are now, when known; ScaleOutOnly never goes below it
 */
export function fleetSize(
  spec: PresenceClusterSpec,
  segment: CalendarSegment,
  current: number | undefined,
): FleetSize {
  const calendar = calendarSize(spec, segment);
  const { mode } = spec.scaling;
  switch (mode) {
    case 'Off':
      return manualSize(spec, calendar, current);
    case 'ForecastOnly':
      return { ...calendar, write: undefined, because: `${calendar.because} (ForecastOnly: not written)` };
    case 'ScaleOutOnly':
      return scaleOutSize(calendar, current);
    case 'Multipliers':
    case 'Full':
      return calendar;
  }
}

/** ceil(baseline × season × peak), as computed and as clamped to [minReplicas, maxReplicas]. */
export function calendarFloor(
  { scaling }: PresenceClusterSpec,
  segment: CalendarSegment,
): { computed: number; floor: number } {
  const computed = ceilProduct([scaling.baselineReplicas, segment.season, segment.peak?.multiplier ?? 1]);
  return { computed, floor: Math.min(scaling.maxReplicas, Math.max(scaling.minReplicas, computed)) };
}

function calendarSize(spec: PresenceClusterSpec, segment: CalendarSegment): FleetSize {
  const { minReplicas } = spec.scaling;
  const { computed, floor } = calendarFloor(spec, segment);
  const sentence = arithmetic(spec, segment, computed);
  const clamps: Clamp[] = [];
  if (floor > computed) clamps.push({ by: 'minReplicas', from: computed, to: floor });
  if (floor < computed) clamps.push({ by: 'maxReplicas', from: computed, to: floor });
  return {
    floor,
    desired: floor,
    write: floor,
    winner: computed >= minReplicas ? 'Calendar' : 'Minimum',
    candidates: [
      { source: 'Calendar', replicas: computed, because: sentence },
      { source: 'Minimum', replicas: minReplicas, because: `minReplicas = ${minReplicas}` },
    ],
    clamps,
    because: sentence + clamps.map(clampSentence).join(''),
  };
}

function clampSentence(clamp: Clamp): string {
  return clamp.by === 'maxReplicas'
    ? `, cut to ${clamp.to} by maxReplicas`
    : `, raised to ${clamp.to} by minReplicas`;
}

function scaleOutSize(calendar: FleetSize, current: number | undefined): FleetSize {
  if (current === undefined) return calendar;
  const kept: Candidate = {
    source: 'Current',
    replicas: current,
    because: `${current} pods there are; mode ScaleOutOnly removes none`,
  };
  const candidates = [...calendar.candidates, kept];
  if (current <= calendar.floor) return { ...calendar, candidates };
  return {
    ...calendar,
    desired: current,
    write: current,
    winner: 'Current',
    candidates,
    because: `kept at ${current}: mode ScaleOutOnly removes no pods; ${calendar.because}`,
  };
}

/** Mode Off: the user's number as it is, or hands off when there is none. The calendar is shown beside it. */
function manualSize(spec: PresenceClusterSpec, calendar: FleetSize, current: number | undefined): FleetSize {
  const replicas = spec.presence.replicas;
  const own: Candidate =
    replicas === undefined
      ? {
          source: 'Current',
          replicas: current ?? spec.scaling.minReplicas,
          because: 'mode Off without spec.presence.replicas: the number of pods is left as it is',
        }
      : { source: 'Manual', replicas, because: `mode Off: spec.presence.replicas = ${replicas}` };
  return {
    floor: calendar.floor,
    desired: own.replicas,
    write: replicas,
    winner: own.source,
    candidates: [own, ...calendar.candidates],
    clamps: [],
    because: own.because,
  };
}
