import type { Cancel, Clock } from '../../platform/runtime/clock.ts';

/** Something that ends at an instant. */
export interface Expiring {
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  /** May be called again while it is still listed. */
  expire(): void;
}

/** The last instant that a Date can hold. A token may name a later one. */
const LATEST_MS = 8_640_000_000_000_000;

/** Ends connections with their tokens. One alarm for all of them: a timer for each would cost 350 bytes. */
export class TokenExpiry {
  readonly #clock: Pick<Clock, 'now' | 'setAlarm'>;
  readonly #all: () => Iterable<Expiring>;
  #next = Number.POSITIVE_INFINITY;
  #cancel: Cancel = () => {};

  /** @param all lists those that are there now */
  constructor(clock: Pick<Clock, 'now' | 'setAlarm'>, all: () => Iterable<Expiring>) {
    this.#clock = clock;
    this.#all = all;
  }

  /** Adds one; it must be in the list by the time it ends. */
  add({ endsAt }: Expiring): void {
    if (endsAt < this.#next) this.#wait(endsAt);
  }

  /** The list is empty: cancels the alarm. */
  close(): void {
    this.#cancel();
    this.#next = Number.POSITIVE_INFINITY;
  }

  #wait(until: number): void {
    this.#cancel();
    this.#next = until;
    this.#cancel = this.#clock.setAlarm(new Date(Math.min(until, LATEST_MS)), () => this.#check());
  }

  /** Checks some thousands when one ends, which is rare with tokens of minutes. */
  #check(): void {
    this.close();
    const now = this.#clock.now().getTime();
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#all()) {
      if (one.endsAt <= now) one.expire();
      else next = Math.min(next, one.endsAt);
    }
    if (next < this.#next) this.#wait(next);
  }
}
