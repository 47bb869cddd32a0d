interface Sample {
  at: number;
  value: number;
}

/** The highest of all values that are not older than a window: each value is added and dropped once. */
export class RecentMaximum {
  readonly #windowSeconds: number;
  /** Falling values, oldest first: a value is of no use once a higher one came after it. */
  #samples: Sample[] = [];
  #first = 0;

  constructor(windowSeconds: number) {
    this.#windowSeconds = windowSeconds;
  }

  /**
   * Adds a value and gives the highest one of `[now - window, now]`.
   *
   * @param now seconds, never going back
   */
  add(now: number, value: number): number {
    while (this.#samples.length > this.#first && (this.#samples.at(-1) as Sample).value <= value) {
      this.#samples.pop();
    }
    this.#samples.push({ at: now, value });
    while ((this.#samples[this.#first] as Sample).at < now - this.#windowSeconds) this.#first += 1;
    this.#compact();
    return (this.#samples[this.#first] as Sample).value;
  }

  /** Forgets what has left the window, once that is more than half. */
  #compact(): void {
    if (this.#first * 2 <= this.#samples.length) return;
    this.#samples = this.#samples.slice(this.#first);
    this.#first = 0;
  }
}

/** The lowest of all values that are not older than a window. */
export class RecentMinimum {
  readonly #negated: RecentMaximum;

  constructor(windowSeconds: number) {
    this.#negated = new RecentMaximum(windowSeconds);
  }

  add(now: number, value: number): number {
    return -this.#negated.add(now, -value);
  }
}
