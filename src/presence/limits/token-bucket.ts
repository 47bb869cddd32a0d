/** A rate that holds for long, and how many at once after a silence. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket. The caller gives the time, in milliseconds of a monotonic clock. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = nowMs;
  }

  /** Takes a token; false when there was none. */
  take(nowMs: number): boolean {
    this.#tokens = this.#tokensAt(nowMs);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A full bucket remembers nothing, so it can be replaced by a new one. */
  isFull(nowMs: number): boolean {
    return this.#tokensAt(nowMs) >= this.#rate.burst;
  }

  /** Tokens that were taken and are not back. As of the last `take`. */
  get missing(): number {
    return this.#rate.burst - this.#tokens;
  }

  /** Milliseconds from the last `take` until one can succeed. */
  get nextInMs(): number {
    return Math.max(0, ((1 - this.#tokens) * 1_000) / this.#rate.perSecond);
  }

  #tokensAt(nowMs: number): number {
    const { perSecond, burst } = this.#rate;
    return Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#at) * perSecond) / 1_000);
  }
}
