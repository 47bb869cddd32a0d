import { Alarms } from '../../src/platform/runtime/alarms.ts';
import type { Cancel, Clock } from '../../src/platform/runtime/clock.ts';
import { sleepOn } from '../../src/platform/runtime/clock.ts';

interface Timer {
  due: number;
  order: number;
  callback: () => void;
}

/** A clock that moves only when a test says so. Timers fire in order of their due time. */
export class ManualClock implements Clock {
  #wallOffset: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #alarms = new Alarms(this);

  constructor(start: string | Date = '2027-06-05T12:00:00Z') {
    this.#wallOffset = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#wallOffset + this.#monotonic);
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  setTimeout(callback: () => void, delayMs: number): Cancel {
    const timer = { due: this.#monotonic + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  setAlarm(at: Date, callback: () => void): Cancel {
    return this.#alarms.set(at, callback);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** How many timers wait; zero after everything was stopped properly. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone, as a time server's correction does. */
  shiftWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Moves time without running any timer, as an event loop that is stuck. */
  stall(ms: number): void {
    this.#monotonic += ms;
  }

  /** Moves time on, runs what falls due in order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const target = this.#monotonic + ms;
    await settle();
    for (let next = this.#nextDue(target); next !== undefined; next = this.#nextDue(target)) {
      this.#timers.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.due);
      next.callback();
      await settle();
    }
    this.#monotonic = target;
  }

  #nextDue(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > target) continue;
      if (
        next === undefined ||
        timer.due < next.due ||
        (timer.due === next.due && timer.order < next.order)
      ) {
        next = timer;
      }
    }
    return next;
  }
}

/** Runs every promise callback that is ready, however long the chain. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
