import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { type CalendarSegment, calendarSegments } from '../calendar/calendar-segments.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import type { FleetContext, FleetSize, NextChange } from './fleet.ts';
import { calendarFloor } from './fleet-size.ts';
import { nextDemandChange } from './next-demand-change.ts';
import { boundarySentence } from './wording.ts';

/** A calendar repeats after a year; what has not changed by then and a month more never will. */
const SEARCH_DAYS = 400;

/**
 * The next boundary of the calendar at which the wanted number differs from the one now; boundaries that change nothing
 * are passed over. Undefined when there is none within 400 days, and while a hold decides. In modes that use the
 * load, the next change that bookings and calendar make expect within a day.
 */
export function nextChange(
  spec: PresenceClusterSpec,
  now: Date,
  size: FleetSize,
  { demand }: FleetContext = {},
): NextChange | undefined {
  const { mode } = spec.scaling;
  if (mode === 'Off') return undefined;
  if (size.demand !== undefined && demand !== undefined) {
    const change = nextDemandChange(spec, now.getTime(), size.demand, demand);
    return mode === 'ScaleOutOnly' && (change?.expect ?? 0) <= size.desired ? undefined : change;
  }
  return size.winner === 'Hold' ? undefined : nextBoundaryChange(spec, now, size.desired);
}

function nextBoundaryChange(spec: PresenceClusterSpec, now: Date, desired: number): NextChange | undefined {
  const { mode } = spec.scaling;
  const last = now.getTime() + SEARCH_DAYS * MS_A_DAY;
  let before: CalendarSegment | undefined;
  for (const segment of calendarSegments(spec.scaling, spec.timeZone, now.getTime())) {
    if (segment.from > last) break;
    const { floor } = calendarFloor(spec, segment);
    const expect = mode === 'ScaleOutOnly' ? Math.max(floor, desired) : floor;
    if (before !== undefined && expect !== desired) {
      const because = boundarySentence(before, segment, spec.timeZone);
      return { at: new Date(segment.from), expect, because };
    }
    before = segment;
  }
  return undefined;
}
