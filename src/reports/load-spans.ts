import type { Wedding } from '../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../api/v1alpha1/presence-cluster.ts';
import type { FleetSize } from '../domain/autoscaling/fleet.ts';
import { fleetSize } from '../domain/autoscaling/fleet-size.ts';
import { NO_MEMORY } from '../domain/autoscaling/scaling-memory.ts';
import { type CalendarSegment, calendarSegments } from '../domain/calendar/calendar-segments.ts';
import { plannedDemand, plannedLoad } from './planned-demand.ts';

/** The load changes slowly beside this, and a year has 105,120 of them. */
const STEP_MS = 300_000;
/** The operator decides again at least so often; rate limits are counted in it. */
const AGAIN_MS = 15_000;
const MOST_AGAIN = STEP_MS / AGAIN_MS;

export interface Span {
  from: number;
  until: number;
  size: FleetSize;
}

/** Every five minutes of a plan in which exactly the booked crews come, decided as the operator decides. */
export function* loadSpans(
  spec: PresenceClusterSpec,
  weddings: readonly Wedding[],
  from: number,
  end: number,
): Generator<Span> {
  const booked = plannedLoad(weddings, from, end);
  const ahead = segmentWindow(spec, from);
  let current: number | undefined;
  let memory = NO_MEMORY;
  for (let at = from; at < end; at = Math.min(end, (Math.floor(at / STEP_MS) + 1) * STEP_MS)) {
    let size: FleetSize;
    let again = 0;
    do {
      const now = at + again * AGAIN_MS;
      const demand = plannedDemand(booked, now, current ?? 0, memory);
      size = fleetSize(spec, ahead(now, demand.lead.seconds * 1000), now, { current, demand });
      current = size.desired;
      memory = size.demand?.memory ?? memory;
      again += 1;
    } while (size.demand?.held === 'ScaleOutRate' && again < MOST_AGAIN);
    yield { from: at, until: Math.min(end, (Math.floor(at / STEP_MS) + 1) * STEP_MS), size };
  }
}

/** The segments of the calendar from a rising instant until some time after it. */
function segmentWindow(
  spec: PresenceClusterSpec,
  from: number,
): (now: number, aheadMs: number) => [CalendarSegment, ...CalendarSegment[]] {
  const walk = calendarSegments(spec.scaling, spec.timeZone, from);
  const window: [CalendarSegment, ...CalendarSegment[]] = [walk.next().value];
  return (now, aheadMs) => {
    while ((window.at(-1) as CalendarSegment).until <= now + aheadMs) window.push(walk.next().value);
    while (window[0].until <= now) window.shift();
    return window;
  };
}
