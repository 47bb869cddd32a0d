import { Blend } from './blend.ts';
import { ConformalBound } from './conformal-bound.ts';
import { CoverageMeter } from './coverage-meter.ts';
import { DampedTrend } from './damped-trend.ts';
import { type DoubleSeasonal, fitSteps, type Seasons } from './double-seasonal.ts';
import type { HorizonView } from './forecast-view.ts';
import { WeeklyProfile } from './weekly-profile.ts';

export interface LoadForecasterOptions {
  stepSeconds: number;
  /** How many steps ahead bounds are wanted. */
  horizon: number;
  /** Share of the time in which the load should be below the bound, 0 to 1. */
  coverage: number;
}

const SECONDS_A_DAY = 86_400;
/** How often bounds are learned again. */
const LEARN_SECONDS = 6 * 3600;
const DAYS_A_WEEK = 7;
/** Models learn from so many days, bounds from so many. */
export const HISTORY_DAYS = 28;
const SCORE_DAYS = 14;
/** The constants of exponential smoothing are fitted each week, and each day until this day of the history. */
const DAILY_FITS_UNTIL_DAY = 14;

/** What one step expects of a step ahead of it. */
interface Expectation {
  /** By each model. */
  models: readonly number[];
  blend: number;
}

/**
 * Forecasts a load step by step from its own past, with upper bounds: a blend of five simple models, each best
 * somewhere, and a bound from its recent errors. Its only input is {@link observe}.
 *
 * A part of the load may be known beforehand (bookings). Then the models forecast the rest of the load,
 * and bounds are learned for the sum: nothing is counted twice.
 */
export class LoadForecaster {
  readonly #seasons: Seasons;
  readonly #learnEvery: number;
  readonly #history: number[] = [];
  /** Steps that were observed and have left the history. */
  #dropped = 0;
  /** By horizon, from 1 on. */
  readonly #blends: Blend[];
  readonly #bounds: ConformalBound[];
  readonly #meters: CoverageMeter[];
  /** By horizon: what the last steps expected, newest last. */
  readonly #expectations: Expectation[][];
  readonly #trend = new DampedTrend();
  #smoothing: DoubleSeasonal | undefined;
  #profile: WeeklyProfile | undefined;
  #lastKnown = 0;
  /** The rest of a load that was partly known may be below 0. */
  #least = 0;

  constructor(options: LoadForecasterOptions) {
    const day = Math.max(1, Math.round(SECONDS_A_DAY / options.stepSeconds));
    this.#seasons = { day, week: day * DAYS_A_WEEK };
    this.#learnEvery = Math.max(1, Math.round(LEARN_SECONDS / options.stepSeconds));
    const horizons = Array.from({ length: options.horizon }, (_, index) => index + 1);
    this.#blends = horizons.map(() => new Blend(MODELS));
    this.#bounds = horizons.map(() => new ConformalBound(options.coverage, SCORE_DAYS * day));
    this.#meters = horizons.map(() => new CoverageMeter(HISTORY_DAYS * day));
    this.#expectations = horizons.map(() => []);
  }

  /** Steps observed so far. */
  get steps(): number {
    return this.#dropped + this.#history.length;
  }

  /**
   * Takes the load of the next step; NaN when it was not recorded.
   *
   * @param known the part of it that was known beforehand
   */
  observe(value: number, known = 0): void {
    const work = this.observeInParts(value, known);
    while (work.next().done !== true);
  }

  /** The same in parts of some milliseconds, for a process that has other things to do; no other call in between. */
  *observeInParts(value: number, known = 0): Generator<void, void> {
    const step = this.steps;
    if (known > 0) this.#least = Number.NEGATIVE_INFINITY;
    const left = value - known;
    if (!Number.isNaN(left)) {
      this.#score(left, known);
      this.#lastKnown = left;
      this.#trend.observe(left);
    }
    this.#history.push(left);
    this.#smoothing?.observe(step, left);
    if (this.steps % this.#seasons.day === 0) yield* this.#fit();
    if (this.steps % this.#learnEvery === 0) for (const bound of this.#bounds) bound.learn();
    for (const [index, expectations] of this.#expectations.entries()) {
      expectations.push(this.#expect(index + 1));
      if (expectations.length > index + 1) expectations.shift();
    }
  }

  /** The load expected `ahead` steps after the last one, 1 to the horizon, without what is known; 0 before the first. */
  expected(ahead: number): number {
    return this.#expectations[ahead - 1]?.at(-1)?.blend ?? 0;
  }

  /** The upper bound of the load; undefined as long as too few forecasts could be checked. */
  bound(ahead: number, known = 0): number | undefined {
    return this.#bounds[ahead - 1]?.bound(Math.max(0, this.expected(ahead) + known));
  }

  /** All that a decision needs to know, by steps ahead from 1 on. */
  view(): HorizonView[] {
    return this.#bounds.map((bound, index) => ({
      expected: this.expected(index + 1),
      strata: bound.strata,
      coverage: (this.#meters[index] as CoverageMeter).reading(),
    }));
  }

  /** Compares what was expected of this step, by each horizon, with what came. */
  #score(left: number, known: number): void {
    for (const [index, expectations] of this.#expectations.entries()) {
      const expectation = expectations.length > index ? expectations[0] : undefined;
      if (expectation === undefined || expectation.models.length < MODELS) continue;
      this.#blends[index]?.learn(expectation.models, left);
      const bound = this.#bounds[index] as ConformalBound;
      const expected = Math.max(0, expectation.blend + known);
      const promised = bound.bound(expected);
      if (promised !== undefined) this.#meters[index]?.add(left + known <= promised);
      bound.add(expected, left + known);
    }
  }

  #expect(ahead: number): Expectation {
    const last = this.#lastKnown;
    if (this.#profile === undefined || this.#smoothing === undefined) return { models: [last], blend: last };
    const step = this.steps - 1;
    const future = this.#profile.at(step + ahead);
    const models = [
      last,
      Math.max(this.#least, last + future - this.#profile.at(step)),
      future,
      Math.max(this.#least, this.#smoothing.forecast(ahead)),
      Math.max(this.#least, this.#trend.forecast(ahead)),
    ];
    return { models, blend: this.#blends[ahead - 1]?.mix(models) ?? last };
  }

  *#fit(): Generator<void, void> {
    const days = this.steps / this.#seasons.day;
    const spare = this.#history.length - HISTORY_DAYS * this.#seasons.day;
    if (spare > 0) {
      this.#history.splice(0, spare);
      this.#dropped += spare;
    }
    const recent = Float64Array.from(this.#history);
    this.#profile = WeeklyProfile.fit(recent, this.#dropped, this.#seasons);
    if (days <= DAILY_FITS_UNTIL_DAY || days % DAYS_A_WEEK === 0) {
      this.#smoothing = yield* fitSteps(recent, this.#dropped, this.#seasons);
    }
  }
}

/** Last value; last value moved by the profile; the profile; exponential smoothing; trend. */
const MODELS = 5;
