import { Alarms } from '../../src/platform/runtime/alarms.ts';
import { type Cancel, type Clock, systemClock } from '../../src/platform/runtime/clock.ts';

export interface ShiftedClockOptions {
  /** Time passes only when the test says so, however long the test takes. Timers run as ever. */
  readonly stands?: boolean;
}

/** The clock of a machine whose wall clock is off by a fixed time. Durations are true, until a test lets time pass. */
export class ShiftedClock implements Clock {
  readonly #wallMs: number;
  /** What both clocks read when the clock was made to stand. */
  readonly #stoodAt: { readonly wallMs: number; readonly monotonicMs: number } | undefined;
  readonly #alarms = new Alarms(this);
  #passedMs = 0;

  /** @param wallMs added to the wall clock */
  constructor(wallMs: number, { stands = false }: ShiftedClockOptions = {}) {
    this.#wallMs = wallMs;
    const read = { wallMs: systemClock.now().getTime(), monotonicMs: systemClock.monotonicMs() };
    this.#stoodAt = stands ? read : undefined;
  }

  now(): Date {
    const wallMs = this.#stoodAt?.wallMs ?? systemClock.now().getTime();
    return new Date(wallMs + this.#wallMs + this.#passedMs);
  }

  monotonicMs(): number {
    return (this.#stoodAt?.monotonicMs ?? systemClock.monotonicMs()) + this.#passedMs;
  }

  setTimeout(callback: () => void, delayMs: number): Cancel {
    return systemClock.setTimeout(callback, delayMs);
  }

  setAlarm(at: Date, callback: () => void): Cancel {
    return this.#alarms.set(at, callback);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(delayMs, signal);
  }

  /** Both clocks are later at once; timers that wait are not. */
  pass(ms: number): void {
    this.#passedMs += ms;
  }
}
