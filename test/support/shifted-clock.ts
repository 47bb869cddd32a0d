import { Alarms } from '../../src/platform/runtime/alarms.ts';
import { type Cancel, type Clock, systemClock } from '../../src/platform/runtime/clock.ts';

/** The clock of a machine whose wall clock is off by a fixed time. Durations are true, until a test lets time pass. */
export class ShiftedClock implements Clock {
  readonly #wallMs: number;
  readonly #alarms = new Alarms(this);
  #passedMs = 0;

  /** @param wallMs added to the wall clock */
  constructor(wallMs: number) {
    this.#wallMs = wallMs;
  }

  now(): Date {
    return new Date(systemClock.now().getTime() + this.#wallMs + this.#passedMs);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#passedMs;
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
