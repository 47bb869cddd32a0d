import type { Clock } from '../platform/runtime/clock.ts';

interface Entry<V> {
  value: V;
  untilMs: number;
}

/** Answers that are true for a short time, at most a number of them: the oldest goes first. */
export class ExpiringCache<V> {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #most: number;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(clock: Clock, keepMs: number, most: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#most = most;
  }

  /** The answer, while it is true. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#clock.monotonicMs() < entry.untilMs ? entry.value : undefined;
  }

  /** Whether there was an answer that may be too old by now. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + this.#keepMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

/** Joins requests for the same thing while one of them is on its way. */
export class Joined<V> {
  readonly #running = new Map<string, Promise<V>>();

  run(key: string, ask: () => Promise<V>): Promise<V> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const asked = ask().finally(() => this.#running.delete(key));
    this.#running.set(key, asked);
    return asked;
  }
}
