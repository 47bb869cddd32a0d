/** So many writes a second, saved up to so many: what a flood of requests may cost the API server. */
export class Allowance {
  readonly #aSecond: number;
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(aSecond: number, most: number, nowMs: number) {
    this.#aSecond = aSecond;
    this.#most = most;
    this.#left = most;
    this.#at = nowMs;
  }

  /** Takes one, when there is one. */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#at) / 1000) * this.#aSecond);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
