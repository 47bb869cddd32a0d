import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { CalendarSegment } from '../calendar/calendar-segments.ts';
import { ceilProduct } from './ceil-product.ts';
import { demandSize, type HoldFloor } from './demand-size.ts';
import { explainDemand } from './explain-demand.ts';
import type { Candidate, Clamp, FleetContext, FleetSize } from './fleet.ts';
import { arithmetic } from './wording.ts';

/**
 * The number of presence pods by the mode of the spec.
 *
 * @param segments of the calendar, from the one that is on; with `demand` until the end of its lead
 * @param now milliseconds since the epoch
 */
export function fleetSize(
  spec: PresenceClusterSpec,
  segments: readonly [CalendarSegment, ...CalendarSegment[]],
  now: number,
  context: FleetContext,
): FleetSize {
  const [segment] = segments;
  const { current, holdFloor } = context;
  const { mode } = spec.scaling;
  const calendar = (): FleetSize => heldSize(calendarSize(spec, segment), spec, holdFloor);
  const wanted = (): FleetSize => demandFleet(spec, segments, now, context) ?? calendar();
  switch (mode) {
    case 'Off':
      return manualSize(spec, calendarSize(spec, segment), current);
    case 'ForecastOnly':
      return shownOnly(wanted());
    case 'ScaleOutOnly':
      return scaleOutSize(wanted(), current);
    case 'Multipliers':
      return calendar();
    case 'Full':
      return wanted();
  }
}

function shownOnly(size: FleetSize): FleetSize {
  return { ...size, write: undefined, because: `${size.because} (ForecastOnly: not written)` };
}

function demandFleet(
  spec: PresenceClusterSpec,
  segments: readonly [CalendarSegment, ...CalendarSegment[]],
  now: number,
  { current, demand, holdFloor }: FleetContext,
): FleetSize | undefined {
  if (demand === undefined) return undefined;
  const size = demandSize({ spec, now, segments, current, demand, holdFloor });
  const { floor } = calendarFloor(spec, segments[0]);
  return {
    floor,
    desired: size.desired,
    write: size.desired,
    winner: size.winner,
    demand: size,
    ...explainDemand(spec, size, { demand, holdFloor, now, current }),
  };
}

/** A hold raises the number of the calendar, up to maxReplicas. */
function heldSize(size: FleetSize, spec: PresenceClusterSpec, hold: HoldFloor | undefined): FleetSize {
  if (hold === undefined) return size;
  const candidates: Candidate[] = [
    ...size.candidates,
    { source: 'Hold', replicas: hold.replicas, because: hold.because },
  ];
  const { maxReplicas } = spec.scaling;
  const desired = Math.min(maxReplicas, hold.replicas);
  if (desired <= size.desired) return { ...size, candidates };
  const clamps: Clamp[] =
    hold.replicas > maxReplicas ? [{ by: 'maxReplicas', from: hold.replicas, to: maxReplicas }] : [];
  return {
    ...size,
    desired,
    write: desired,
    winner: 'Hold',
    candidates,
    clamps,
    because: `${hold.because}${clamps.map(clampSentence).join('')}; ${size.because}`,
  };
}

/** ceil(baseline × season × peak), as computed and as clamped to [minReplicas, maxReplicas]. */
export function calendarFloor(
  { scaling }: Pick<PresenceClusterSpec, 'scaling'>,
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

export function clampSentence(clamp: Clamp): string {
  return clamp.by === 'minReplicas'
    ? `, raised to ${clamp.to} by minReplicas`
    : `, cut to ${clamp.to} by ${clamp.by}`;
}

function scaleOutSize(wanted: FleetSize, current: number | undefined): FleetSize {
  if (current === undefined) return wanted;
  const kept: Candidate = {
    source: 'Current',
    replicas: current,
    because: `${current} pods there are; mode ScaleOutOnly removes none`,
  };
  const candidates = [...wanted.candidates, kept];
  if (current <= wanted.desired) return { ...wanted, candidates };
  return {
    ...wanted,
    desired: current,
    write: current,
    winner: 'Current',
    candidates,
    because: `kept at ${current}: mode ScaleOutOnly removes no pods; ${wanted.because}`,
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
