import type { Clock } from '../../platform/runtime/clock.ts';

/** Complaints that are further apart than this are not about the same loss. */
const SAME_LOSS_MS = 4_000;
const NEVER = Number.NEGATIVE_INFINITY;

/** How long something is missing, told by those who miss it. */
export class Loss {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #since = NEVER;
  #lastAt = NEVER;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** It is missing at this moment. Whether it was for as long as that; the count then begins anew. */
  note(patienceMs: number): boolean {
    const now = this.#clock.monotonicMs();
    if (now - this.#lastAt > SAME_LOSS_MS) this.#since = now;
    this.#lastAt = now;
    if (now - this.#since < patienceMs) return false;
    this.#since = now;
    return true;
  }
}
