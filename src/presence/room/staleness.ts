import type { Clock } from '../../platform/runtime/clock.ts';

/** Three heartbeats without an answer: from then on the state is announced as stale. */
export const STALE_AFTER_MS = 3_000;

/** When Redis last confirmed the replica of one wedding. */
export class Staleness {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #confirmedAt: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#confirmedAt = clock.monotonicMs();
  }

  /** Milliseconds since Redis confirmed the replica. */
  get ageMs(): number {
    return this.#clock.monotonicMs() - this.#confirmedAt;
  }

  /** The age when it is above the limit; undefined while the state is fresh. */
  get staleMs(): number | undefined {
    const { ageMs } = this;
    return ageMs > STALE_AFTER_MS ? ageMs : undefined;
  }

  /** The replica equals what Redis has. */
  noteConfirmed(): void {
    this.#confirmedAt = this.#clock.monotonicMs();
  }
}
