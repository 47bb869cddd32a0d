import type { Clock } from '../../platform/runtime/clock.ts';

/** Failures further apart than this do not belong to the same outage. */
const SAME_OUTAGE_MS = 4_000;
const NEVER = Number.NEGATIVE_INFINITY;

/** Measures how long something has been failing, from the failures that are noted. */
export class FailureTimer {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #since = NEVER;
  #lastAt = NEVER;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Notes a failure. True when failures have lasted for the limit; the timer then starts again. */
  note(limitMs: number): boolean {
    const now = this.#clock.monotonicMs();
    if (now - this.#lastAt > SAME_OUTAGE_MS) this.#since = now;
    this.#lastAt = now;
    if (now - this.#since < limitMs) return false;
    this.#since = now;
    return true;
  }
}
