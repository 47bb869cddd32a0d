import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { OwnershipConflictError } from '../objects/ownership-conflict.ts';

/**
 * Delays until a refused request is sent again, in milliseconds; the last one repeats. A try may read the object too, and at most
 * ten requests per hour are spent on one that stays refused: five tries.
 */
const DELAYS_MS = [30_000, 180_000, 1_080_000, 1_500_000];

/** Longer than any reconcile waits. */
const KEPT_MS = 3_600_000;

interface Refusal {
  readonly request: string;
  readonly error: Error;
  readonly tries: number;
  readonly againAtMs: number;
}

/** What the API server refused for reasons that a person must remove, and when it is asked again. */
export class RefusalBackoff {
  /** By `Kind/name`. */
  readonly #refusals = new Map<string, Refusal>();

  /**
   * Why a request must not be sent now; undefined when it may be.
   *
   * @param request identifies what is asked for: a refusal of another request does not count
   */
  held(key: string, request: string, nowMs: number): Error | undefined {
    const known = this.#refusals.get(key);
    return known?.request === request && nowMs < known.againAtMs ? known.error : undefined;
  }

  /** Notes a refusal. Tells whether it is news. */
  note(key: string, request: string, error: Error, nowMs: number): boolean {
    this.#dropOld(nowMs);
    const known = this.#refusals.get(key);
    const isSame = known?.request === request;
    const tries = isSame ? known.tries + 1 : 1;
    const delayMs = DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? 0;
    this.#refusals.set(key, { request, error, tries, againAtMs: nowMs + delayMs });
    return !isSame || known.error.message !== error.message;
  }

  forget(key: string): void {
    this.#refusals.delete(key);
  }

  /** A refusal about a pod that is gone is never looked up again. */
  #dropOld(nowMs: number): void {
    for (const [key, { againAtMs }] of this.#refusals) {
      if (againAtMs + KEPT_MS < nowMs) this.#refusals.delete(key);
    }
  }
}

/** Sent again at once it would be refused again: permissions, policies, quotas, values and owners are changed by people. */
export function isLasting(error: unknown): error is Error {
  const disposition = dispositionOf(error);
  return error instanceof OwnershipConflictError || disposition === 'terminal' || disposition === 'forbidden';
}
