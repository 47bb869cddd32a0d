const LEAST_MS = 100;
const LONGEST_MS = 10_000;

/**
 * How long to wait between attempts, with decorrelated jitter: each wait is random between the least one and three times
 * the one before, so that clients that lost the same server together spread out further each time.
 */
export class Backoff {
  readonly #random: () => number;
  #before = LEAST_MS;

  /** @param random 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the next attempt; on top of what the server asked for. */
  next(hintMs = 0): number {
    this.#before = Math.min(LONGEST_MS, LEAST_MS + this.#random() * (3 * this.#before - LEAST_MS));
    return hintMs + this.#before;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#before = LEAST_MS;
  }
}
