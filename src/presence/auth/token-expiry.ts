import type { Cancel, Clock } from '../../platform/runtime/clock.ts';

/** Something that ends at an instant. */
export interface Expiring {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
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

  /** @param all those that are there now */
  constructor(clock: Pick<Clock, 'now' | 'setAlarm'>, all: () => Iterable<Expiring>) {
    this.#clock = clock;
    this.#all = all;
  }

  /** One more is there. */
  add({ expiresAt }: Expiring): void {
    if (expiresAt < this.#next) this.#wait(expiresAt);
  }

  /** Nobody is there any more. */
  close(): void {
    this.#cancel();
    this.#next = Number.POSITIVE_INFINITY;
  }

  #wait(until: number): void {
    this.#cancel();
    this.#next = until;
    this.#cancel = this.#clock.setAlarm(new Date(Math.min(until, LATEST_MS)), () => this.#look());
  }

  /** Some thousands are looked at when one ends, which tokens of minutes make rare. */
  #look(): void {
    this.close();
    const now = this.#clock.now().getTime();
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#all()) {
      if (one.expiresAt <= now) one.expire();
      else next = Math.min(next, one.expiresAt);
    }
    if (next < this.#next) this.#wait(next);
  }
}
