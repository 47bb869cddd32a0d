import type { Cancel, Clock } from '../../platform/runtime/clock.ts';

/** A limit of time that runs only while something is done. */
export class TimeBudget {
  readonly #clock: Clock;
  readonly #onSpent: () => void;
  #leftMs: number;
  #running: { cancel: Cancel; sinceMs: number } | undefined;

  constructor(clock: Clock, limitMs: number, onSpent: () => void) {
    this.#clock = clock;
    this.#leftMs = limitMs;
    this.#onSpent = onSpent;
  }

  run(): void {
    this.#running ??= {
      cancel: this.#clock.setTimeout(this.#onSpent, Math.max(0, this.#leftMs)),
      sinceMs: this.#clock.monotonicMs(),
    };
  }

  pause(): void {
    if (this.#running === undefined) return;
    this.#leftMs -= this.#clock.monotonicMs() - this.#running.sinceMs;
    this.stop();
  }

  stop(): void {
    this.#running?.cancel();
    this.#running = undefined;
  }
}
