import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { calendarSegments } from '../calendar/calendar-segments.ts';
import { type FleetSize, fleetSize } from './fleet-size.ts';
import { type NextChange, nextChange } from './next-change.ts';

export interface DecisionInput {
  /** An accepted spec (`acceptSpec`). */
  spec: PresenceClusterSpec;
  now: Date;
  /** Presence pods there are, when known. */
  current?: number | undefined;
  /** Weddings between ceremony and end. Shown; mode Multipliers does not use them. */
  activeWeddings?: number | undefined;
  /** People of their crews. Shown; mode Multipliers does not use them. */
  teamMembers?: number | undefined;
}

/** All that the number was computed from. */
export interface DecisionInputs {
  mode: PresenceClusterSpec['scaling']['mode'];
  baseline: number;
  /** Factor of the month. */
  season: number;
  /** Month 1 to 12 in the zone of the PresenceCluster. */
  month: number;
  /** Factor of the peak that is on, 1 outside. */
  peak: number;
  minReplicas: number;
  maxReplicas: number;
  current?: number;
  activeWeddings?: number;
  teamMembers?: number;
}

/** The number of presence pods at one instant, with everything needed to understand and to recompute it. */
export interface Decision extends FleetSize {
  at: Date;
  inputs: DecisionInputs;
  nextChange?: NextChange;
}

/**
 * The number of presence pods that are wanted at `now`, by the calendar and the mode. Same input, same answer: the
 * operator writes it, `kubectl presence explain` and `simulate` show it.
 *
 * @throws {RangeError} when the spec's zone is unknown
 */
export function decideReplicas(input: DecisionInput): Decision {
  const { spec, now, current } = input;
  const segment = calendarSegments(spec.scaling, spec.timeZone, now.getTime()).next().value;
  const size = fleetSize(spec, segment, current);
  const { mode, baselineReplicas, minReplicas, maxReplicas } = spec.scaling;
  const change = nextChange(spec, now, size.desired);
  return {
    at: now,
    ...size,
    inputs: {
      mode,
      baseline: baselineReplicas,
      season: segment.season,
      month: segment.month,
      peak: segment.peak?.multiplier ?? 1,
      minReplicas,
      maxReplicas,
      ...present('current', current),
      ...present('activeWeddings', input.activeWeddings),
      ...present('teamMembers', input.teamMembers),
    },
    ...(change === undefined ? {} : { nextChange: change }),
  };
}

function present<K extends string>(key: K, value: number | undefined): { [key in K]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: number });
}
