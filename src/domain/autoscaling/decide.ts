import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { type CalendarSegment, calendarSegments } from '../calendar/calendar-segments.ts';
import type { FleetContext, FleetSize, NextChange } from './fleet.ts';
import { fleetSize } from './fleet-size.ts';
import { nextChange } from './next-change.ts';

export type { HoldFloor } from './demand-size.ts';

export interface DecisionInput extends FleetContext {
  /** An accepted spec (`acceptSpec`). */
  spec: PresenceClusterSpec;
  now: Date;
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
  /** Connections that the pods report. */
  connections?: number;
  /** Connections that bookings bring now. */
  booked?: number;
  /** From asking for a pod until it serves. */
  leadSeconds?: number;
}

/** The number of presence pods at one instant, with everything needed to understand and to recompute it. */
export interface Decision extends FleetSize {
  at: Date;
  inputs: DecisionInputs;
  nextChange?: NextChange;
}

/**
 * The number of presence pods that are wanted at `now`, by the mode of the spec. Same input, same answer: the operator
 * writes it, `kubectl presence explain` and `simulate` show it.
 *
 * @throws {RangeError} when the spec's zone is unknown
 */
export function decideReplicas(input: DecisionInput): Decision {
  const { spec, now, current, demand } = input;
  const nowMs = now.getTime();
  const segments = segmentsAhead(spec, nowMs, (demand?.lead.seconds ?? 0) * 1000);
  const [segment] = segments;
  const size = fleetSize(spec, segments, nowMs, input);
  const { mode, baselineReplicas, minReplicas, maxReplicas } = spec.scaling;
  const change = nextChange(spec, now, size, input);
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
      ...present('connections', size.demand?.load),
      ...present('booked', demand?.booked && Math.round(demand.booked.at(nowMs))),
      ...present('leadSeconds', demand?.lead.seconds),
    },
    ...(change === undefined ? {} : { nextChange: change }),
  };
}

/** The segments of the calendar from an instant until some time after it. */
function segmentsAhead(
  { scaling, timeZone }: PresenceClusterSpec,
  now: number,
  aheadMs: number,
): [CalendarSegment, ...CalendarSegment[]] {
  const walk = calendarSegments(scaling, timeZone, now);
  const segments: [CalendarSegment, ...CalendarSegment[]] = [walk.next().value];
  for (let last = segments[0]; last.until <= now + aheadMs; ) {
    last = walk.next().value;
    segments.push(last);
  }
  return segments;
}

function present<K extends string>(key: K, value: number | undefined): { [key in K]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: number });
}
