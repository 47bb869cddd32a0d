import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { calendarSegments } from '../calendar/calendar-segments.ts';
import type { Demand } from './demand.ts';
import type { DemandSize } from './demand-size.ts';
import type { NextChange } from './fleet.ts';
import { calendarFloor } from './fleet-size.ts';
import { bookedPeak } from './forecast/forecast-view.ts';
import { podsForBound } from './load-size.ts';

const STEP_MS = 300_000;
/** Bookings are looked up this far ahead. */
export const PLAN_AHEAD_MS = 24 * 3_600_000;

/**
 * When bookings and calendar will want another number, if the load without a booking stays as it is. Returns a rise when it
 * is above the pods there should be now, a fall when the plan decides now.
 */
export function nextDemandChange(
  spec: PresenceClusterSpec,
  now: number,
  size: DemandSize,
  demand: Demand,
): NextChange | undefined {
  const planned = planner(spec, now, size, demand);
  const first = planned(now);
  for (let at = Math.ceil(now / STEP_MS) * STEP_MS; at <= now + PLAN_AHEAD_MS; at += STEP_MS) {
    const { pods, from } = planned(at);
    const rises = pods > size.desired;
    if (!rises && !(first.pods >= size.desired && pods < size.desired)) continue;
    const because =
      from === 'Calendar' || first.from === 'Calendar'
        ? `the calendar ${rises ? 'rises' : 'falls'}`
        : `booked load ${rises ? 'rises' : 'falls'}`;
    return { at: new Date(at), expect: pods, because };
  }
  return undefined;
}

interface Plan {
  pods: number;
  from: 'Booked' | 'Calendar' | 'Minimum';
}

/** Pods that will be wanted at rising instants. */
function planner(
  spec: PresenceClusterSpec,
  now: number,
  { pods, peak }: DemandSize,
  { booked, lead }: Demand,
): (at: number) => Plan {
  const { maxConnectionsPerPod } = spec.presence;
  const { scaling } = spec;
  const leadMs = lead.seconds * 1000;
  const walk = calendarSegments(scaling, spec.timeZone, now);
  let segment = walk.next().value;
  const others = Math.max(0, peak.unexplained);
  return (at) => {
    // What will be wanted at `at` is what the calendar says when pods asked for then will serve.
    while (segment.until <= at + leadMs) segment = walk.next().value;
    const load = (booked?.at(at) ?? 0) + others;
    const bound = bookedPeak(booked, load, at, at + leadMs).bound;
    const byBookings = podsForBound(bound, maxConnectionsPerPod);
    const byCalendar = pods.Calendar === undefined ? 0 : calendarFloor(spec, segment).floor;
    const wanted = Math.max(scaling.minReplicas, byBookings, byCalendar);
    const from = wanted === byCalendar ? 'Calendar' : wanted === byBookings ? 'Booked' : ('Minimum' as const);
    return { pods: Math.min(scaling.maxReplicas, wanted), from };
  };
}
