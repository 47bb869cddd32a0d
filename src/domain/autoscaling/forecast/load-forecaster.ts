import { Blend } from './blend.ts';
import { ConformalBound } from './conformal-bound.ts';
import { DampedTrend } from './damped-trend.ts';
import { type DoubleSeasonal, fitDoubleSeasonal, type Seasons } from './double-seasonal.ts';
import { WeeklyProfile } from './weekly-profile.ts';

export interface LoadForecasterOptions {
  stepSeconds: number;
  /** How many steps ahead bounds are wanted. */
  horizon: number;
  /** Share of the time in which the load should be below the bound, 0 to 1. */
  coverage: number;
}

const SECONDS_A_DAY = 86_400;
/** Bounds are learned anew so often. */
const LEARN_SECONDS = 6 * 3600;
const DAYS_A_WEEK = 7;
/** Models learn from so many days, bounds from so many. */
const HISTORY_DAYS = 28;
const SCORE_DAYS = 14;
/** The constants of exponential smoothing are looked for anew each week, and each day while there is little history. */
const DAILY_FITS_UNTIL_DAY = 14;

/** What one step expects of a step ahead of it. */
interface Expectation {
  /** By each model. */
  models: readonly number[];
  blend: number;
}

/**
 * Forecasts a load step by step from its own past, with upper bounds: a blend of five simple models, each best
 * somewhere, and a bound from how wrong the blend was of late. It knows only what {@link observe} was told.
 */
export class LoadForecaster {
  readonly #seasons: Seasons;
  readonly #learnEvery: number;
  readonly #history: number[] = [];
  /** By horizon, from 1 on. */
  readonly #blends: Blend[];
  readonly #bounds: ConformalBound[];
  /** By horizon: what the last steps expected, newest last. */
  readonly #expectations: Expectation[][];
  readonly #trend = new DampedTrend();
  #smoothing: DoubleSeasonal | undefined;
  #profile: WeeklyProfile | undefined;
  #lastKnown = 0;

  constructor(options: LoadForecasterOptions) {
    const day = Math.max(1, Math.round(SECONDS_A_DAY / options.stepSeconds));
    this.#seasons = { day, week: day * DAYS_A_WEEK };
    this.#learnEvery = Math.max(1, Math.round(LEARN_SECONDS / options.stepSeconds));
    const horizons = Array.from({ length: options.horizon }, (_, index) => index + 1);
    this.#blends = horizons.map(() => new Blend(MODELS));
    this.#bounds = horizons.map(() => new ConformalBound(options.coverage, SCORE_DAYS * day));
    this.#expectations = horizons.map(() => []);
  }

  /** Takes the load of the next step; NaN when it was not recorded. */
  observe(value: number): void {
    const step = this.#history.length;
    if (!Number.isNaN(value)) {
      this.#score(value);
      this.#lastKnown = value;
      this.#trend.observe(value);
    }
    this.#history.push(value);
    this.#smoothing?.observe(step, value);
    if (this.#history.length % this.#seasons.day === 0) this.#fit();
    if (this.#history.length % this.#learnEvery === 0) for (const bound of this.#bounds) bound.learn();
    for (const [index, expectations] of this.#expectations.entries()) {
      expectations.push(this.#expect(index + 1));
      if (expectations.length > index + 1) expectations.shift();
    }
  }

  /** The load expected `ahead` steps after the last one, 1 to the horizon; 0 before the first step. */
  expected(ahead: number): number {
    return this.#expectations[ahead - 1]?.at(-1)?.blend ?? 0;
  }

  /** Its upper bound; undefined as long as too few forecasts could be checked. */
  bound(ahead: number): number | undefined {
    return this.#bounds[ahead - 1]?.bound(this.expected(ahead));
  }

  /** Compares what was expected of this step, by each horizon, with what came. */
  #score(value: number): void {
    for (const [index, expectations] of this.#expectations.entries()) {
      const expectation = expectations.length > index ? expectations[0] : undefined;
      if (expectation === undefined || expectation.models.length < MODELS) continue;
      this.#blends[index]?.learn(expectation.models, value);
      this.#bounds[index]?.add(expectation.blend, value);
    }
  }

  #expect(ahead: number): Expectation {
    const last = this.#lastKnown;
    if (this.#profile === undefined || this.#smoothing === undefined) return { models: [last], blend: last };
    const step = this.#history.length - 1;
    const future = this.#profile.at(step + ahead);
    const models = [
      last,
      Math.max(0, last + future - this.#profile.at(step)),
      future,
      Math.max(0, this.#smoothing.forecast(ahead)),
      Math.max(0, this.#trend.forecast(ahead)),
    ];
    return { models, blend: this.#blends[ahead - 1]?.mix(models) ?? last };
  }

  #fit(): void {
    const days = this.#history.length / this.#seasons.day;
    const firstStep = Math.max(0, days - HISTORY_DAYS) * this.#seasons.day;
    const recent = Float64Array.from(this.#history.slice(firstStep));
    this.#profile = WeeklyProfile.fit(recent, firstStep, this.#seasons);
    if (days <= DAILY_FITS_UNTIL_DAY || days % DAYS_A_WEEK === 0) {
      this.#smoothing = fitDoubleSeasonal(recent, firstStep, this.#seasons);
    }
  }
}

/** Last value; last value moved by the profile; the profile; exponential smoothing; trend. */
const MODELS = 5;
