import type { Seasons } from './double-seasonal.ts';

/** Days after which a day counts half. */
const HALF_LIFE_DAYS = 14;
/** Days of one weekday that the shared profile counts for when the weekday's own profile is learned. */
const SHRINKAGE_DAYS = 1;
const DAYS_A_WEEK = 7;

/**
 * A profile of the week as a share of the level: one shape of the day for all, and for each weekday its deviation from
 * it, shrunk towards none as long as few such days were seen.
 */
export class WeeklyProfile {
  readonly #level: number;
  readonly #shape: Float64Array;
  readonly #week: number;

  private constructor(level: number, shape: Float64Array, week: number) {
    this.#level = level;
    this.#shape = shape;
    this.#week = week;
  }

  /** The load that level and profile give at a step. */
  at(step: number): number {
    return this.#level * (this.#shape[step % this.#week] as number);
  }

  /**
   * @param history one value a step, NaN where nothing was recorded; a day at least
   * @param firstStep step of `history[0]`
   */
  static fit(history: Float64Array, firstStep: number, seasons: Seasons): WeeklyProfile {
    const levels = trailingMeans(history, seasons.week);
    const end = history.length - 1;
    const shared = new WeightedMeans(seasons.day, 0);
    const own = new WeightedMeans(seasons.week, SHRINKAGE_DAYS);
    for (const target of [shared, own]) {
      for (const [index, value] of history.entries()) {
        const level = levels[index] as number;
        if (Number.isNaN(value) || level <= 0) continue;
        const step = firstStep + index;
        const weight = 0.5 ** ((end - index) / (HALF_LIFE_DAYS * seasons.day));
        if (target === shared) shared.add(step % seasons.day, value / level, weight);
        else own.add(step % seasons.week, value / level - shared.mean(step % seasons.day), weight);
      }
    }
    const shape = new Float64Array(seasons.week).map(
      (_, place) => shared.mean(place % seasons.day) + own.mean(place),
    );
    return new WeeklyProfile(levels[end] as number, shape, seasons.day * DAYS_A_WEEK);
  }
}

/** Means of values by place, drawn towards 0 as if `prior` values of 0 had been seen. */
class WeightedMeans {
  readonly #sums: Float64Array;
  readonly #weights: Float64Array;

  constructor(places: number, prior: number) {
    this.#sums = new Float64Array(places);
    this.#weights = new Float64Array(places).fill(prior);
  }

  add(place: number, value: number, weight: number): void {
    this.#sums[place] = (this.#sums[place] as number) + value * weight;
    this.#weights[place] = (this.#weights[place] as number) + weight;
  }

  mean(place: number): number {
    const weight = this.#weights[place] as number;
    return weight === 0 ? 0 : (this.#sums[place] as number) / weight;
  }
}

/** The mean of each value and those of the `length` steps up to it; at the start, of the first `length` steps. */
function trailingMeans(history: Float64Array, length: number): Float64Array {
  const means = new Float64Array(history.length);
  const window = Math.min(length, history.length);
  let sum = 0;
  let count = 0;
  for (const [index, value] of history.entries()) {
    if (!Number.isNaN(value)) {
      sum += value;
      count += 1;
    }
    const gone = history[index - window];
    if (gone !== undefined && !Number.isNaN(gone)) {
      sum -= gone;
      count -= 1;
    }
    means[index] = count === 0 ? 0 : sum / count;
  }
  return means.fill(means[window - 1] as number, 0, window - 1);
}
