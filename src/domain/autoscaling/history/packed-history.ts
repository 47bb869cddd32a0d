import { HISTORY_STEP_SECONDS, HISTORY_STEPS, type HistoryStep, type LoadHistory } from './load-history.ts';

const STEP_MS = HISTORY_STEP_SECONDS * 1000;

/**
 * A history in three columns of 32-bit numbers: 97 kB for four weeks, of which an array of objects takes some 800. It
 * changes in place; {@link unpack} gives a copy.
 */
export class PackedHistory {
  readonly #load = new Float32Array(HISTORY_STEPS);
  readonly #booked = new Float32Array(HISTORY_STEPS);
  /** NaN where they were not counted. */
  readonly #pods = new Float32Array(HISTORY_STEPS);
  #length = 0;
  #until = 0;

  static of(history: LoadHistory): PackedHistory {
    const packed = new PackedHistory();
    packed.#until = history.until;
    for (const step of history.steps.slice(-HISTORY_STEPS)) packed.#push(step);
    return packed;
  }

  get length(): number {
    return this.#length;
  }

  /** End of the last step, milliseconds since the epoch; 0 without one. */
  get until(): number {
    return this.#until;
  }

  /** The highest load; 0 without any. */
  get peak(): number {
    return this.#load
      .subarray(0, this.#length)
      .reduce((most, load) => (Number.isNaN(load) ? most : Math.max(most, load)), 0);
  }

  /** Adds one step; unobserved steps in between are unknown, and steps that are too old are dropped. */
  append(end: number, step: HistoryStep): void {
    if (this.#length > 0 && end <= this.#until) return;
    const missing = this.#length === 0 ? 0 : (end - this.#until) / STEP_MS - 1;
    if (missing >= HISTORY_STEPS) this.#length = 0;
    else for (let gap = 0; gap < missing; gap += 1) this.#push({ load: Number.NaN, booked: 0 });
    this.#push(step);
    this.#until = end;
  }

  /** The steps that ended after an instant, oldest first, each with its end. */
  *after(instant: number): Generator<{ end: number; load: number; booked: number }, void> {
    const newer = Math.min(this.#length, Math.ceil((this.#until - instant) / STEP_MS));
    for (let index = this.#length - newer; index < this.#length; index += 1) {
      const end = this.#until - (this.#length - 1 - index) * STEP_MS;
      yield { end, load: this.#load[index] as number, booked: this.#booked[index] as number };
    }
  }

  unpack(): LoadHistory {
    const steps = Array.from({ length: this.#length }, (_, index) => {
      const pods = this.#pods[index] as number;
      const step = { load: this.#load[index] as number, booked: this.#booked[index] as number };
      return Number.isNaN(pods) ? step : { ...step, pods };
    });
    return { until: this.#until, steps };
  }

  #push({ load, booked, pods }: HistoryStep): void {
    if (this.#length === HISTORY_STEPS) {
      for (const column of [this.#load, this.#booked, this.#pods]) column.copyWithin(0, 1);
      this.#length -= 1;
    }
    this.#load[this.#length] = load;
    this.#booked[this.#length] = booked;
    this.#pods[this.#length] = pods ?? Number.NaN;
    this.#length += 1;
  }
}
