const LOOK_EVERY_MS = 20;
/** Every timer is a little late, on a loaded machine more so: that is no stall. */
const LEAST_MS = 50;

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
    const lateMs = nowMs - this.#lookedMs - LOOK_EVERY_MS;
    if (lateMs >= LEAST_MS) this.#sumMs += lateMs;
    this.#lookedMs = nowMs;
  }
}
