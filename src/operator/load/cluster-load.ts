import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { type CostConditions, type FleetCost, fleetCost } from '../../domain/autoscaling/cost/fleet-cost.ts';
import { BookedLoad } from '../../domain/autoscaling/demand/booked-load.ts';
import { type Booking, bookingOf } from '../../domain/autoscaling/demand/booking.ts';
import { learnDemand, NO_KNOWLEDGE } from '../../domain/autoscaling/demand/demand-learner.ts';
import type { Demand, LoadReport } from '../../domain/autoscaling/demand.ts';
import { LoadForecaster } from '../../domain/autoscaling/forecast/load-forecaster.ts';
import { HOLD_SECONDS } from '../../domain/autoscaling/forecast/look-ahead.ts';
import {
  LONGEST_LEAD_SECONDS,
  leadOf,
  learnLead,
  NO_LEAD,
  type PodStart,
  startSeconds,
} from '../../domain/autoscaling/history/lead-time.ts';
import { HISTORY_STEP_SECONDS } from '../../domain/autoscaling/history/load-history.ts';
import { PackedHistory } from '../../domain/autoscaling/history/packed-history.ts';
import { FORECAST_COVERAGE } from '../../domain/autoscaling/load-size.ts';
import { SEASON_AHEAD_DAYS, type SeenLoad } from '../../domain/autoscaling/redis/expected-connections.ts';
import type { ScalingMemory } from '../../domain/autoscaling/scaling-memory.ts';
import type { Learned } from './learned.ts';

const STEP_MS = HISTORY_STEP_SECONDS * 1000;
/** The last step is over for a step and two scrapes when the next one is known. */
const OLDEST_STEP_SECONDS = HISTORY_STEP_SECONDS + 60;
const HORIZON = Math.ceil(
  (OLDEST_STEP_SECONDS + Math.max(LONGEST_LEAD_SECONDS, HOLD_SECONDS)) / HISTORY_STEP_SECONDS,
);
/** How far ahead booked load is computed; it is computed again every hour. */
const BOOKED_AHEAD_MS = 30 * 3_600_000;
const BOOKED_FOR_MS = 3_600_000;
/** Two weeks of bookings take milliseconds to add up, and seasons change slowly. */
const SEEN_FOR_MS = 3_600_000;

/** The load of one PresenceCluster: reports, history, forecast, bookings. */
export class ClusterLoad {
  #history = new PackedHistory();
  #learned: Omit<Learned, 'history'> = { knowledge: NO_KNOWLEDGE, lead: NO_LEAD, forecast: undefined };
  #forecaster = newForecaster();
  /** End of the last step that the forecaster has seen; 0: none. */
  #seenUntil = 0;
  #report: LoadReport | undefined;
  #byPod: ReadonlyMap<string, number> = new Map();
  /** Highest load of the step that is not over, NaN while nothing was reported, and its end. */
  #open = { end: 0, load: Number.NaN };
  /** Pods counted in that step, and how often. */
  #counted = { pods: 0, times: 0 };
  #cost: FleetCost | undefined;
  #booked: BookedLoad | undefined;
  #bookedFrom = 0;
  #specs: readonly unknown[] = [];
  #seen: { at: number; load: SeenLoad } | undefined;
  /** Of the last decision of this process; the status may lag behind. */
  memory: ScalingMemory | undefined;

  /** Connections by the name of the pod, as last reported. */
  get byPod(): ReadonlyMap<string, number> {
    return this.#byPod;
  }

  /** Pod-hours beside those of other autoscalers, as last computed. */
  get cost(): FleetCost | undefined {
    return this.#cost;
  }

  /** A copy, to be written down. */
  get learned(): Learned {
    return { ...this.#learned, history: this.#history.unpack() };
  }

  /** Whether there is anything to be written down. */
  get hasHistory(): boolean {
    return this.#history.length > 0;
  }

  /** Takes what an earlier process had learned. */
  restore({ history, ...learned }: Learned): void {
    this.#history = PackedHistory.of(history);
    this.#learned = learned;
    this.#forecaster = newForecaster();
    this.#seenUntil = 0;
    this.#seen = undefined;
  }

  /**
   * Takes a scrape of all pods. Undefined: none could be asked.
   *
   * @param pods there are, ready or not; left out: not counted
   */
  report(
    report: LoadReport | undefined,
    byPod: ReadonlyMap<string, number>,
    now: number,
    pods?: number,
  ): void {
    if (report !== undefined) this.#report = report;
    this.#byPod = byPod;
    if (now >= this.#open.end) this.#closeStep(now);
    if (pods !== undefined) {
      this.#counted = { pods: this.#counted.pods + pods, times: this.#counted.times + 1 };
    }
    const { load, end } = this.#open;
    // With silent pods the sum is too small to learn from.
    const usable = report === undefined || report.silent > 0 ? Number.NaN : report.connections;
    if (!Number.isNaN(usable))
      this.#open = { end, load: Number.isNaN(load) ? usable : Math.max(load, usable) };
  }

  /** Computes the cost of the history, in parts of a few milliseconds. */
  *computeCost(limits: Omit<CostConditions, 'startupSeconds'>): Generator<void, void> {
    const { lead } = this.#learned;
    this.#cost = yield* fleetCost(this.#history.unpack(), { ...limits, startupSeconds: startSeconds(lead) });
  }

  podsStarted(starts: readonly PodStart[]): void {
    const lead = learnLead(this.#learned.lead, starts);
    if (lead !== this.#learned.lead) this.#learned = { ...this.#learned, lead };
  }

  /** Lets the forecaster see what it has not seen of the history, in parts of some milliseconds. */
  *catchUp(): Generator<void, void> {
    for (const { end, load, booked } of this.#history.after(this.#seenUntil)) {
      // A gap of weeks leaves nothing that fits together.
      if (this.#seenUntil !== 0 && end - this.#seenUntil !== STEP_MS) this.#forecaster = newForecaster();
      yield* this.#forecaster.observeInParts(load, booked);
      this.#seenUntil = end;
      yield;
    }
    if (this.#seenUntil === 0 || this.#learned.forecast?.at === this.#seenUntil) return;
    const forecast = {
      at: this.#seenUntil,
      stepSeconds: HISTORY_STEP_SECONDS,
      nominal: FORECAST_COVERAGE,
      horizons: this.#forecaster.view(),
    };
    this.#learned = { ...this.#learned, forecast };
  }

  /** What a decision needs to know. */
  demand(weddings: readonly Wedding[], now: number, remembered: ScalingMemory): Demand {
    const { forecast, lead } = this.#learned;
    return {
      booked: this.#bookedLoad(weddings, now),
      report: this.#report,
      forecast,
      lead: leadOf(lead),
      memory: this.memory ?? remembered,
    };
  }

  /** What Redis must be large enough for: computed once per hour. */
  seenLoad(now: number): SeenLoad {
    if (this.#seen === undefined || now < this.#seen.at || now >= this.#seen.at + SEEN_FOR_MS) {
      const { peak } = this.#history;
      const until = now + SEASON_AHEAD_DAYS * 86_400_000;
      const booked = this.#booked?.with(this.#learned.knowledge.profile, { from: now, until });
      this.#seen = { at: now, load: { peak, booked: booked?.peak(now, until) ?? 0 } };
    }
    return this.#seen.load;
  }

  #bookedLoad(weddings: readonly Wedding[], now: number): BookedLoad | undefined {
    const same =
      weddings.length === this.#specs.length &&
      weddings.every((wedding, index) => wedding.spec === this.#specs[index]);
    const isCurrent = now >= this.#bookedFrom && now < this.#bookedFrom + BOOKED_FOR_MS;
    if (same && isCurrent) return this.#booked;
    this.#specs = weddings.map(({ spec }) => spec);
    this.#bookedFrom = now - STEP_MS;
    const { profile } = this.#learned.knowledge;
    const bookings = weddings.flatMap((wedding) => cachedBooking(wedding) ?? []);
    const window = { from: this.#bookedFrom, until: now + BOOKED_AHEAD_MS };
    this.#booked = bookings.length === 0 ? undefined : BookedLoad.of(bookings, profile, window);
    return this.#booked;
  }

  #closeStep(now: number): void {
    const { end, load } = this.#open;
    const { pods, times } = this.#counted;
    this.#open = { end: (Math.floor(now / STEP_MS) + 1) * STEP_MS, load: Number.NaN };
    this.#counted = { pods: 0, times: 0 };
    if (end === 0) return;
    const booked = this.#booked?.at(end) ?? 0;
    const step = { load, booked, ...(times === 0 ? {} : { pods: pods / times }) };
    this.#history.append(end, step);
    if (Number.isNaN(load) || this.#booked === undefined) return;
    const knowledge = learnDemand(this.#learned.knowledge, this.#booked, end, load);
    this.#learned = { ...this.#learned, knowledge };
    const window = { from: this.#bookedFrom, until: this.#bookedFrom + BOOKED_AHEAD_MS };
    this.#booked = this.#booked.with(knowledge.profile, window);
  }
}

function newForecaster(): LoadForecaster {
  return new LoadForecaster({
    stepSeconds: HISTORY_STEP_SECONDS,
    horizon: HORIZON,
    coverage: FORECAST_COVERAGE,
  });
}

/** Zones are not looked up again for a wedding that has not changed: caches keep the object of an unchanged one. */
const bookings = new WeakMap<Wedding['spec'], Booking | 'none'>();

function cachedBooking({ metadata, spec }: Wedding): Booking | undefined {
  let booking = bookings.get(spec);
  if (booking === undefined) {
    booking = bookingOf(`${metadata.namespace}/${metadata.name}`, spec) ?? 'none';
    bookings.set(spec, booking);
  }
  return booking === 'none' ? undefined : booking;
}
