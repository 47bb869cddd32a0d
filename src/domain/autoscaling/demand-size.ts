import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { CalendarSegment } from '../calendar/calendar-segments.ts';
import { ceilProduct } from './ceil-product.ts';
import { type Demand, usableLoad } from './demand.ts';
import { bookedPeak, forecastPeak, type LoadPeak } from './forecast/forecast-view.ts';
import { HOLD_SECONDS } from './forecast/look-ahead.ts';
import { type ForecastQuality, forecastQuality, isTrusted } from './forecast-quality.ts';
import { podsForBound, podsForPeople, reactivePods } from './load-size.ts';
import type { ScalingMemory } from './scaling-memory.ts';
import { type Held, SCALE_IN_WINDOW_SECONDS, stabilize } from './stabilize.ts';

/** Sources of a number of pods in the modes that look at the load, in the order in which a tie is decided. */
export const DEMAND_SOURCES = ['Forecast', 'Observed', 'Reserve', 'Calendar', 'Hold', 'Minimum'] as const;
export type DemandSource = (typeof DEMAND_SOURCES)[number];

/** Weddings that begin within the lead and this time after it count as active: crews come early. */
const WEDDING_AHEAD_MS = 3_600_000;

/** A number of pods that a request asks for, for a time. */
export interface HoldFloor {
  replicas: number;
  /** The requesting user, and the end. */
  because: string;
}

export interface DemandSizeInput {
  spec: PresenceClusterSpec;
  /** Milliseconds since the epoch. */
  now: number;
  /** Of the calendar, from the one that is on at `now` to the one at the end of the lead at least. */
  segments: readonly CalendarSegment[];
  current: number | undefined;
  demand: Demand;
  holdFloor?: HoldFloor | undefined;
}

/** Numbers of pods with all that they were computed from; sentences are made of it elsewhere. */
export interface DemandSize {
  /** By source; a source that does not speak is left out. */
  pods: Partial<Record<DemandSource, number>>;
  winner: DemandSource;
  /** The highest of them. */
  raw: number;
  /** After the limits of money and of the spec. */
  capped: number;
  /** What there should be. */
  desired: number;
  held: Held | 'NoMetrics' | undefined;
  memory: ScalingMemory;
  load: number | undefined;
  peak: LoadPeak;
  quality: ForecastQuality;
  /** The segment that the calendar's number comes from. */
  calendar: CalendarSegment;
  activeWeddings: number;
  windowSeconds: number;
}

/** The number of pods by forecast, load, calendar and limits: forecasts only ever add. */
export function demandSize(input: DemandSizeInput): DemandSize {
  const { spec, now, demand } = input;
  const load = usableLoad(demand.report, now);
  const current = input.current ?? spec.scaling.minReplicas;
  const { peak, quality, laterPods } = lookAtForecast(input, load);
  const active = demand.booked?.near(now, demand.lead.seconds * 1000 + WEDDING_AHEAD_MS).length ?? 0;
  const calendar = highestSegment(input);
  const pods = candidates(input, { load, current, peak, quality, active, calendar });
  const winner = DEMAND_SOURCES.reduce((best, source) =>
    (pods[source] ?? 0) > (pods[best] ?? 0) ? source : best,
  );
  const raw = pods[winner] as number;
  const people = load === undefined ? 0 : podsForPeople(load, spec.presence.maxConnectionsPerPod);
  const limit = (value: number): number => limited(spec, pods.Minimum as number, value, people);
  const capped = limit(raw);
  const windowSeconds = scaleInWindow(active, quality);
  const { replicas, memory, held } = stabilize({
    now,
    windowSeconds,
    memory: demand.memory,
    // Pods above the limit are removed at once: a user has lowered it.
    current: Math.min(current, spec.scaling.maxReplicas),
    recommended: capped,
    kept: limit(Math.max(raw, laterPods)),
    promised: limit(Math.max(pods.Calendar ?? 0, pods.Hold ?? 0, pods.Minimum ?? 0, people)),
  });
  const blind = (load === undefined || (demand.report?.silent ?? 0) > 0) && replicas < current;
  return {
    pods,
    winner,
    raw,
    capped,
    load,
    peak,
    quality,
    calendar,
    windowSeconds,
    activeWeddings: active,
    desired: blind ? Math.min(current, Math.max(replicas, spec.scaling.maxReplicas)) : replicas,
    held: blind ? 'NoMetrics' : held,
    memory: blind ? demand.memory : memory,
  };
}

/**
 * A forecast that has proven itself keeps the pods that are needed again soon; to keep the others for half an hour, too,
 * costs and saves no reconnection. Without one the past is all there is to go by.
 */
function scaleInWindow(activeWeddings: number, quality: ForecastQuality): number {
  const isLong = activeWeddings > 0 && !isTrusted(quality);
  return isLong ? SCALE_IN_WINDOW_SECONDS.wedding : SCALE_IN_WINDOW_SECONDS.idle;
}

function lookAtForecast(
  { spec, now, demand }: DemandSizeInput,
  load: number | undefined,
): { peak: LoadPeak; quality: ForecastQuality; laterPods: number } {
  const { forecast, booked, lead } = demand;
  const leadEnd = now + lead.seconds * 1000;
  const holdEnd = now + Math.max(lead.seconds, HOLD_SECONDS) * 1000;
  const known = forecast === undefined ? undefined : forecastPeak(forecast, booked, now, leadEnd);
  const peak = known ?? bookedPeak(booked, load, now, leadEnd);
  const quality =
    known === undefined || forecast === undefined
      ? 'None'
      : forecastQuality(known.coverage, forecast.nominal);
  const later =
    quality === 'Low' || forecast === undefined ? undefined : forecastPeak(forecast, booked, now, holdEnd);
  const capacity = spec.presence.maxConnectionsPerPod;
  const { bound } = later ?? bookedPeak(booked, load, now, holdEnd);
  return { peak, quality, laterPods: podsForBound(bound, capacity) };
}

function candidates(
  { spec, now, demand, holdFloor }: DemandSizeInput,
  found: Pick<DemandSize, 'load' | 'peak' | 'quality' | 'calendar'> & { current: number; active: number },
): DemandSize['pods'] {
  const { load, current, peak, quality, active, calendar } = found;
  const { scaling, presence } = spec;
  const capacity = presence.maxConnectionsPerPod;
  const minimum = active > 0 ? (scaling.minDuringWedding ?? 0) : 0;
  return {
    ...(peak.bound > 0 ? { Forecast: podsForBound(peak.bound, capacity) } : {}),
    ...(load === undefined
      ? {}
      : {
          Observed: reactivePods(current, load, capacity, quality !== 'None'),
          Reserve: podsForPeople(load + scaling.reserveConnections, capacity),
        }),
    ...(calendarSpeaks(demand, quality, now) ? { Calendar: calendarPods(spec, calendar) } : {}),
    ...(holdFloor === undefined ? {} : { Hold: holdFloor.replicas }),
    Minimum: Math.max(scaling.minReplicas, minimum),
  };
}

/**
 * Season and peak speak for what nothing else explains: without bookings, with bookings that may be out of date, and
 * until a forecast was checked often enough to be believed.
 */
function calendarSpeaks(
  { booked, bookingsStale }: Pick<Demand, 'booked' | 'bookingsStale'>,
  quality: ForecastQuality,
  now: number,
): boolean {
  const isBooked = booked?.isAhead(now) === true && bookingsStale === undefined;
  return !(isBooked && isTrusted(quality));
}

function calendarPods({ scaling }: PresenceClusterSpec, segment: CalendarSegment): number {
  return ceilProduct([scaling.baselineReplicas, segment.season, segment.peak?.multiplier ?? 1]);
}

/** The segment with the most pods of those that begin before a pod asked for now would serve. */
function highestSegment({ spec, segments, now, demand }: DemandSizeInput): CalendarSegment {
  const until = now + demand.lead.seconds * 1000;
  const [first, ...later] = segments as [CalendarSegment, ...CalendarSegment[]];
  return later
    .filter(({ from }) => from <= until)
    .reduce(
      (best, segment) => (calendarPods(spec, segment) > calendarPods(spec, best) ? segment : best),
      first,
    );
}

/** A budget is no reason to turn away people who are there, and maxReplicas always is. */
function limited(
  { scaling }: PresenceClusterSpec,
  minimum: number,
  replicas: number,
  people: number,
): number {
  const budget = scaling.budgetReplicas ?? Number.POSITIVE_INFINITY;
  return Math.min(scaling.maxReplicas, Math.max(minimum, Math.min(replicas, Math.max(budget, people))));
}
