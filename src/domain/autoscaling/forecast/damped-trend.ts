/** Weight of the newest change in the trend. */
const SMOOTHING = 0.3;
/** How much of the trend is left a step later: a ramp does not go on for ever. */
const DAMPING = 0.8;

/** The last value, moved on by a trend that fades out (Gardner and McKenzie, 1985, without a smoothed level). */
export class DampedTrend {
  #last: number | undefined;
  #trend = 0;

  /** Takes the next value that was recorded. */
  observe(value: number): void {
    if (this.#last !== undefined) this.#trend += SMOOTHING * (value - this.#last - this.#trend);
    this.#last = value;
  }

  /** The value expected `ahead` steps after the last one observed; 0 before the first. */
  forecast(ahead: number): number {
    const steps = (DAMPING * (1 - DAMPING ** ahead)) / (1 - DAMPING);
    return (this.#last ?? 0) + this.#trend * steps;
  }
}
