import type { Wedding } from '../api/v1alpha1/kinds.ts';
import { BookedLoad } from '../domain/autoscaling/demand/booked-load.ts';
import { bookingOf } from '../domain/autoscaling/demand/booking.ts';
import { PRIOR_PROFILE } from '../domain/autoscaling/demand/presence-profile.ts';
import type { Demand } from '../domain/autoscaling/demand.ts';
import { leadOf, NO_LEAD } from '../domain/autoscaling/history/lead-time.ts';
import { PLAN_AHEAD_MS } from '../domain/autoscaling/next-demand-change.ts';
import { NO_MEMORY, type ScalingMemory } from '../domain/autoscaling/scaling-memory.ts';

/** Modes of scaling in which the load is looked at. */
const LOAD_MODES: readonly string[] = ['ForecastOnly', 'ScaleOutOnly', 'Full'];

export function looksAtLoad(mode: string): boolean {
  return LOAD_MODES.includes(mode);
}

/** What bookings bring between two instants, by the profile that is assumed before anything was learned. */
export function plannedLoad(weddings: readonly Wedding[], from: number, until: number): BookedLoad {
  const bookings = weddings.flatMap(
    ({ metadata, spec }) => bookingOf(`${metadata.namespace}/${metadata.name}`, spec) ?? [],
  );
  return BookedLoad.of(bookings, PRIOR_PROFILE, { from, until: until + 2 * PLAN_AHEAD_MS });
}

/**
 * The demand of a plan: exactly the booked crews come. The time until a pod serves is the one that is assumed before
 * any start was seen.
 */
export function plannedDemand(
  booked: BookedLoad,
  now: number,
  pods: number,
  memory: ScalingMemory = NO_MEMORY,
): Demand {
  const connections = Math.round(booked.at(now));
  return {
    booked: booked.count === 0 ? undefined : booked,
    report: { connections, pods, silent: 0, at: now },
    forecast: undefined,
    lead: leadOf(NO_LEAD),
    memory,
  };
}
