export interface TokenRate {
  /** Tokens that are added per second. */
  readonly perSecond: number;
  /** Most tokens that can be saved up; a new bucket has as many. */
  readonly burst: number;
}

/** A token bucket: a rate with a burst. Pure but for its memory; time is an argument, in monotonic milliseconds. */
export class TokenBucket {
  readonly #rate: TokenRate;
  #tokens: number;
  #atMs: number;

  constructor(rate: TokenRate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes one token. @returns false when there is none */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * perSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
