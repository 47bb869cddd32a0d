/** Smoothing constants of {@link DoubleSeasonal}, each 0 to 1. */
export interface DoubleSeasonalConstants {
  level: number;
  daily: number;
  weekly: number;
  /** How much of the last error is left a step later. */
  residual: number;
}

/** Steps a day and a week. */
export interface Seasons {
  day: number;
  week: number;
}

interface StartingState {
  level: number;
  daily: Float64Array;
  weekly: Float64Array;
}

/**
 * Exponential smoothing with a daily and a weekly season and an autoregressive error, all additive (Taylor, "Short-term
 * electricity demand forecasting using double seasonal exponential smoothing", 2003). Steps are counted from the start
 * of the history, so season places are step modulo length.
 */
export class DoubleSeasonal {
  readonly #constants: DoubleSeasonalConstants;
  readonly #seasons: Seasons;
  readonly #daily: Float64Array;
  readonly #weekly: Float64Array;
  #level: number;
  #error = 0;
  #last = 0;

  constructor(constants: DoubleSeasonalConstants, seasons: Seasons, start: StartingState) {
    this.#constants = constants;
    this.#seasons = seasons;
    this.#level = start.level;
    this.#daily = start.daily.slice();
    this.#weekly = start.weekly.slice();
  }

  /** Takes the value of a step; NaN when it was not recorded. Steps come in order. */
  observe(step: number, value: number): void {
    const { level, daily, weekly, residual } = this.#constants;
    this.#last = step;
    if (Number.isNaN(value)) {
      this.#error *= residual;
      return;
    }
    const inDay = step % this.#seasons.day;
    const inWeek = step % this.#seasons.week;
    const d = this.#daily[inDay] as number;
    const w = this.#weekly[inWeek] as number;
    const before = this.#level;
    const structural = before + d + w;
    this.#level = before + level * (value - structural);
    this.#daily[inDay] = d + daily * (value - before - w - d);
    this.#weekly[inWeek] = w + weekly * (value - before - d - w);
    this.#error = value - structural;
  }

  /** The value expected `ahead` steps after the last one observed. */
  forecast(ahead: number): number {
    const step = this.#last + ahead;
    return (
      this.#level +
      (this.#daily[step % this.#seasons.day] as number) +
      (this.#weekly[step % this.#seasons.week] as number) +
      this.#error * this.#constants.residual ** ahead
    );
  }
}

const GRID: readonly DoubleSeasonalConstants[] = [0.005, 0.02, 0.1].flatMap((level) =>
  [0.05, 0.2, 0.4].flatMap((daily) =>
    [0.05, 0.2, 0.4].flatMap((weekly) =>
      [0.3, 0.6, 0.8, 0.9, 0.98].map((residual) => ({ level, daily, weekly, residual })),
    ),
  ),
);

/**
 * The model with the constants that would have predicted the history best two steps ahead, having seen all of it.
 *
 * @param history one value a step, NaN where nothing was recorded
 * @param firstStep step of `history[0]`
 */
export function fitDoubleSeasonal(
  history: Float64Array,
  firstStep: number,
  seasons: Seasons,
): DoubleSeasonal {
  const work = fitSteps(history, firstStep, seasons);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The same in parts of some milliseconds. */
export function* fitSteps(
  history: Float64Array,
  firstStep: number,
  seasons: Seasons,
): Generator<void, DoubleSeasonal> {
  const start = startingState(history, firstStep, seasons);
  let best: DoubleSeasonal | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const constants of GRID) {
    const model = new DoubleSeasonal(constants, seasons, start);
    const error = squaredError(model, history, firstStep, seasons.day);
    if (best === undefined || error < least) {
      best = model;
      least = error;
    }
    yield;
  }
  return best as DoubleSeasonal;
}

const FIT_AHEAD = 2;

/** Runs the model over the history; the first day is not counted, because the starting state was made from it. */
function squaredError(model: DoubleSeasonal, history: Float64Array, firstStep: number, day: number): number {
  let sum = 0;
  for (let index = 0; index < history.length; index += 1) {
    model.observe(firstStep + index, history[index] as number);
    const error = (history[index + FIT_AHEAD] ?? Number.NaN) - model.forecast(FIT_AHEAD);
    if (index >= day && !Number.isNaN(error)) sum += error * error;
  }
  return sum;
}

/** Level and daily season from the first week of the history; the weekly season has to be learned. */
function startingState(history: Float64Array, firstStep: number, { day, week }: Seasons): StartingState {
  const first = history.subarray(0, week);
  const level = meanOf(first);
  const sums = new Float64Array(day);
  const counts = new Float64Array(day);
  for (const [index, value] of first.entries()) {
    if (Number.isNaN(value)) continue;
    const place = (firstStep + index) % day;
    sums[place] = (sums[place] as number) + value - level;
    counts[place] = (counts[place] as number) + 1;
  }
  const daily = sums.map((sum, place) => (counts[place] === 0 ? 0 : sum / (counts[place] as number)));
  return { level, daily, weekly: new Float64Array(week) };
}

function meanOf(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
}
