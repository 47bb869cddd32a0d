import type { Cancel, Clock } from '../runtime/clock.ts';

/** A watch gave neither event nor bookmark for too long. */
export class SilentWatchError extends Error {
  constructor(limitMs: number) {
    super(`no event or bookmark for ${limitMs / 1000} s`);
    this.name = 'SilentWatchError';
  }
}

/** Aborts its signal when it is not fed in time. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  #cancel: Cancel = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted with a {@link SilentWatchError}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next feeding must come within this time. */
  feed(limitMs: number): void {
    this.#cancel();
    const bite = (): void => this.#controller.abort(new SilentWatchError(limitMs));
    this.#cancel = this.#clock.setTimeout(bite, limitMs);
  }

  end(): void {
    this.#cancel();
  }
}
