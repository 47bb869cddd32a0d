import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import type { CalendarSegment } from '../calendar/calendar-segments.ts';
import { monthName } from '../calendar/season.ts';

/** The formula with its numbers: `ceil(4 × 3 (June) × 2 (peak 18:00-20:00 Europe/London)) = 24`. */
export function arithmetic(spec: PresenceClusterSpec, segment: CalendarSegment, computed: number): string {
  const { baselineReplicas } = spec.scaling;
  const season = `${segment.season} (${seasonName(segment)})`;
  const peak =
    segment.peak === undefined
      ? '1 (no peak)'
      : `${segment.peak.multiplier} (${peakName(segment.peak, spec.timeZone)})`;
  return `ceil(${baselineReplicas} × ${season} × ${peak}) = ${computed}`;
}

/** What differs between two neighbouring segments: `peak 18:00-20:00 Europe/London begins`. */
export function boundarySentence(before: CalendarSegment, after: CalendarSegment, timeZone: string): string {
  const parts: string[] = [];
  if (before.month !== after.month) parts.push(`${monthName(after.month)} begins`);
  else if (before.season !== after.season) parts.push(`season ${after.season} begins (${seasonName(after)})`);
  if (before.peak !== after.peak) {
    if (before.peak !== undefined) parts.push(`${peakName(before.peak, timeZone)} ends`);
    if (after.peak !== undefined) parts.push(`${peakName(after.peak, timeZone)} begins`);
  }
  return parts.join(', ');
}

/** `June`, or `June to July` in the days in which the factor is on its way. */
function seasonName({ month, ramp }: CalendarSegment): string {
  return ramp ? `${monthName(month)} to ${monthName((month % 12) + 1)}` : monthName(month);
}

function peakName(peak: Peak, timeZone: string): string {
  const days = peak.days === undefined || peak.days.length === 7 ? '' : `${peak.days.join(', ')} `;
  return `peak ${days}${peak.from}-${peak.to} ${timeZone}`;
}
