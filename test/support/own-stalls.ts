const LOOK_EVERY_MS = 20;

/** How long this process itself has stood still: what it measures meanwhile says nothing of others. */
export class OwnStalls {
  readonly #timer: NodeJS.Timeout;
  #lookedMs = performance.now();
  #sumMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Milliseconds, since the beginning. */
  get ms(): number {
    this.#look();
    return this.#sumMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    this.#sumMs += Math.max(0, nowMs - this.#lookedMs - LOOK_EVERY_MS);
    this.#lookedMs = nowMs;
  }
}
