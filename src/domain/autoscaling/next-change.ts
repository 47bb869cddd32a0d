import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { type CalendarSegment, calendarSegments } from '../calendar/calendar-segments.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { calendarFloor } from './fleet-size.ts';
import { boundarySentence } from './wording.ts';

/** A calendar repeats after a year; what has not changed by then and a month more never will. */
const SEARCH_DAYS = 400;

export interface NextChange {
  at: Date;
  /** Pods from then on. */
  expect: number;
  because: string;
}

/**
 * The next boundary of the calendar at which the wanted number differs from `desired`; boundaries that change nothing
 * are passed over. Undefined when there is none within 400 days.
 */
export function nextChange(spec: PresenceClusterSpec, now: Date, desired: number): NextChange | undefined {
  const { mode } = spec.scaling;
  if (mode === 'Off') return undefined;
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
