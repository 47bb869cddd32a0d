export interface FairSlotsOptions {
  /** At once, of all keys together. */
  readonly total: number;
  /** At once, of one key. */
  readonly perKey: number;
}

/**
 * Lets a limited number of tasks run at once. Keys that wait take turns, and one key alone never has all slots: what hangs for one
 * key delays another by one task at most.
 */
export class FairSlots {
  readonly #options: FairSlotsOptions;
  readonly #running = new Map<string, number>();
  /** In the order of their turns. A key without a waiting task is not in it. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #total = 0;

  constructor(options: FairSlotsOptions) {
    this.#options = options;
  }

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    await this.#enter(key);
    try {
      return await task();
    } finally {
      this.#leave(key);
    }
  }

  async #enter(key: string): Promise<void> {
    if (this.#hasRoom(key)) {
      this.#take(key);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(key);
    if (queue === undefined) this.#waiting.set(key, [resolve]);
    else queue.push(resolve);
    await promise;
  }

  #hasRoom(key: string): boolean {
    const { total, perKey } = this.#options;
    return this.#total < total && (this.#running.get(key) ?? 0) < perKey;
  }

  #take(key: string): void {
    this.#total += 1;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  #leave(key: string): void {
    this.#total -= 1;
    const left = (this.#running.get(key) ?? 0) - 1;
    if (left > 0) this.#running.set(key, left);
    else this.#running.delete(key);
    for (const [next, queue] of this.#waiting) {
      if (!this.#hasRoom(next)) continue;
      const start = queue.shift();
      // Its next task waits for the turns of the others.
      this.#waiting.delete(next);
      if (queue.length > 0) this.#waiting.set(next, queue);
      this.#take(next);
      start?.();
      return;
    }
  }
}
