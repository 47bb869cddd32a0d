import { type PresenceClusterSpec, presenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { MAX_REPLICAS } from '../../../api/v1alpha1/scaling.ts';
import { type CalendarSegment, calendarSegments } from '../../calendar/calendar-segments.ts';
import { BookedLoad } from '../demand/booked-load.ts';
import type { Booking } from '../demand/booking.ts';
import { learnDemand, NO_KNOWLEDGE } from '../demand/demand-learner.ts';
import { demandSize } from '../demand-size.ts';
import type { ForecastView } from '../forecast/forecast-view.ts';
import { learningSeries } from '../forecast/learning-series.ts';
import { LoadForecaster } from '../forecast/load-forecaster.ts';
import { HOLD_SECONDS, leadSeconds, mostSteps } from '../forecast/look-ahead.ts';
import { FORECAST_COVERAGE } from '../load-size.ts';
import { NO_MEMORY } from '../scaling-memory.ts';
import type { LoadTrace } from './load-trace.ts';
import type { FleetConditions, ReplicaPolicy } from './simulate-policy.ts';

/** Bookings that were known in advance, and how well the bound of the forecast held. */
export interface ForecastPolicyOptions {
  /** Weddings that were booked, on the clock of the trace. */
  bookings?: readonly Booking[];
  /** Baseline of a calendar with the default season and peaks; left out: no calendar but the fewest pods. */
  calendarBaseline?: number;
  /** `spec.scaling.reserveConnections`; left out: none. */
  reserveConnections?: number;
  /** Called with each decision's bound and the time that it looks until, in seconds of the trace. */
  onBound?: (seconds: number, bound: number, until: number) => void;
}

/**
 * Mode Full as the operator has it: the same decision, fed with the trace step by step. Nothing is read before its time;
 * bookings are known beforehand, as they are to the operator.
 *
 * @param firstTickSeconds time of the first tick after the start of the trace
 */
export function forecastPolicy(
  trace: LoadTrace,
  conditions: FleetConditions,
  firstTickSeconds: number,
  { bookings = [], onBound, ...more }: ForecastPolicyOptions = {},
): ReplicaPolicy {
  const walk = new ForecastWalk(trace, conditions, bookings);
  const spec = specOf(conditions, more);
  const segmentsAt = more.calendarBaseline === undefined ? () => NO_CALENDAR : segmentReader(spec);
  const lead = { seconds: leadSeconds(conditions), samples: 0 };
  let memory = NO_MEMORY;
  return {
    replicas({ now: ticked, replicas, metric }) {
      const seconds = firstTickSeconds + ticked;
      const now = (trace.startSeconds + seconds) * 1000;
      const { forecast, booked } = walk.until(seconds - conditions.lagSeconds);
      const report =
        metric === undefined
          ? undefined
          : { connections: metric.load, pods: metric.pods, silent: 0, at: now };
      const size = demandSize({
        spec,
        now,
        segments: segmentsAt(now, now + lead.seconds * 1000),
        current: replicas,
        demand: { booked, report, forecast, lead, memory },
      });
      memory = size.memory;
      onBound?.(seconds, size.peak.bound, size.peak.at / 1000 - trace.startSeconds);
      return size.desired;
    },
  };
}

/** Walks forecaster and learner over a trace, each step when its time has come. */
class ForecastWalk {
  readonly #series;
  readonly #start: number;
  readonly #forecaster: LoadForecaster;
  readonly #windowMs: number;
  #knowledge = NO_KNOWLEDGE;
  #booked: BookedLoad | undefined;
  #view: ForecastView | undefined;

  constructor(trace: LoadTrace, conditions: FleetConditions, bookings: readonly Booking[]) {
    this.#series = learningSeries(trace.values, trace.stepSeconds);
    const { stepSeconds, firstSeconds } = this.#series;
    this.#start = trace.startSeconds + firstSeconds;
    const horizon = mostSteps(conditions, stepSeconds);
    this.#forecaster = new LoadForecaster({ stepSeconds, horizon, coverage: FORECAST_COVERAGE });
    this.#windowMs = (horizon + 2) * stepSeconds * 1000 + HOLD_SECONDS * 1000;
    const { profile } = this.#knowledge;
    if (bookings.length > 0) this.#booked = BookedLoad.of(bookings, profile, { from: 0, until: 0 });
  }

  /** Forecast and bookings as known at a time, in seconds after the start of the trace. */
  until(seconds: number): { forecast: ForecastView | undefined; booked: BookedLoad | undefined } {
    const { stepSeconds, firstSeconds, values } = this.#series;
    const ended = Math.min(values.length, Math.floor((seconds - firstSeconds) / stepSeconds) + 1);
    const isNew = this.#forecaster.steps < ended;
    while (this.#forecaster.steps < ended) this.#observe(values[this.#forecaster.steps] as number);
    if (isNew) {
      const at = (this.#start + (ended - 1) * stepSeconds) * 1000;
      const horizons = this.#forecaster.view();
      this.#view = { at, stepSeconds, nominal: FORECAST_COVERAGE, horizons };
    }
    return { forecast: this.#view, booked: this.#booked };
  }

  #observe(load: number): void {
    const now = (this.#start + this.#forecaster.steps * this.#series.stepSeconds) * 1000;
    if (this.#booked === undefined) {
      this.#forecaster.observe(load);
      return;
    }
    const { profile } = this.#knowledge;
    const known = this.#booked.with(profile, { from: now, until: now }).at(now);
    this.#forecaster.observe(load, known);
    if (!Number.isNaN(load)) this.#knowledge = learnDemand(this.#knowledge, this.#booked, now, load);
    const window = { from: now, until: now + this.#windowMs };
    this.#booked = this.#booked.with(this.#knowledge.profile, window);
  }
}

/** Nothing but forecast and load decides: the calendar's number is the fewest pods. */
const NO_CALENDAR: readonly [CalendarSegment] = [
  { from: 0, until: Number.POSITIVE_INFINITY, month: 1, season: 1, ramp: false, peak: undefined },
];

/** The segments of the calendar from one that is on until the end of the lead, for instants that rise. */
function segmentReader({
  scaling,
  timeZone,
}: PresenceClusterSpec): (now: number, until: number) => CalendarSegment[] {
  let walk: ReturnType<typeof calendarSegments> | undefined;
  let open: CalendarSegment[] = [];
  return (now, until) => {
    walk ??= calendarSegments(scaling, timeZone, now);
    open = open.filter((segment) => segment.until > now);
    while ((open.at(-1)?.until ?? now) <= until) open.push(walk.next().value);
    return open;
  };
}

function specOf(
  { capacity, min }: FleetConditions,
  { calendarBaseline, reserveConnections = 0 }: ForecastPolicyOptions,
): PresenceClusterSpec {
  const peaks = calendarBaseline === undefined ? { peaks: [] } : {};
  const spec = presenceClusterSpec.parse({ timeZone: 'UTC', scaling: { mode: 'Full', ...peaks } });
  const { presence, scaling } = spec;
  return {
    ...spec,
    presence: { ...presence, maxConnectionsPerPod: capacity },
    scaling: {
      ...scaling,
      reserveConnections,
      minReplicas: min,
      maxReplicas: Math.max(min, MOST_PODS),
      baselineReplicas: calendarBaseline ?? min,
    },
  };
}

/** A back-test has no limit; this one is never met. */
const MOST_PODS = MAX_REPLICAS * 1000;
