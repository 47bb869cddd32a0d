import type { Cancel, Clock } from '../../platform/runtime/clock.ts';

export interface EndingLeasesDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Ends the leases that Redis still has with these ends. A rejection is ignored: the next heartbeat finds them again. */
  readonly expire: (wedding: string, leases: readonly string[]) => Promise<unknown>;
}

/** `NOTICE_MS` of the function library, which names leases that end within this time. */
export const EXPIRE_AFTER_MS = 250;

/**
 * Leases that are about to end. Redis names them in an answer, and ends them in a second call that repeats them. Between the
 * two Redis has served every call that waited in front of it, so a server is not lost because Redis stood still.
 */
export class EndingLeases {
  readonly #deps: EndingLeasesDeps;
  /** By wedding: stops the call that is due. A wedding has one at a time. */
  readonly #due = new Map<string, Cancel>();

  constructor(deps: EndingLeasesDeps) {
    this.#deps = deps;
  }

  /** Takes the leases of an answer: pod, end, pod, end, and so on. */
  note(wedding: string, leases: readonly string[]): void {
    if (leases.length === 0 || this.#due.has(wedding)) return;
    const cancel = this.#deps.clock.setTimeout(() => {
      this.#due.delete(wedding);
      this.#deps.expire(wedding, leases).catch(() => {});
    }, EXPIRE_AFTER_MS);
    this.#due.set(wedding, cancel);
  }

  close(): void {
    for (const cancel of this.#due.values()) cancel();
    this.#due.clear();
  }
}
