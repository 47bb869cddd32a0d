/** Delays that grow with each failure in a row and are spread at random, so that clients do not march in step. */
export interface Backoff {
  /** The next delay, in milliseconds. */
  next(): number;
  /** Halves the row of failures, for an attempt that failed after it had brought something. */
  ease(): void;
  /** Ends the row of failures. */
  reset(): void;
}

/**
 * Full jitter: anywhere between zero and a bound that doubles from `baseMs` to `maxMs`
 * (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function createBackoff(options: { baseMs: number; maxMs: number; random: () => number }): Backoff {
  let failures = 0;
  return {
    next() {
      const bound = Math.min(options.maxMs, options.baseMs * 2 ** failures);
      failures += 1;
      return options.random() * bound;
    },
    ease() {
      failures = Math.floor(failures / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
