import { Refusal } from '../dashboard-feed/refusal.ts';

/**
 * Requests for one answer that wait at once. A viewer has 20 views, and each may ask for more; without this bound one viewer
 * could take every place of the others.
 */
export const MOST_WAITING_PER_ANSWER = 50;

interface Running<V> {
  answer: Promise<V>;
  waiting: number;
}

/** Joins requests for the same answer while it is on its way, and bounds how many requests wait. */
export class JoinedRequests<V> {
  readonly #most: number;
  readonly #running = new Map<string, Running<V>>();
  #waiting = 0;

  /** @param most requests that wait at once, for all answers together */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws {Refusal} 503 when too many wait already */
  async run(key: string, ask: () => Promise<V>): Promise<V> {
    const known = this.#running.get(key);
    if (this.#waiting >= this.#most || (known?.waiting ?? 0) >= MOST_WAITING_PER_ANSWER)
      throw new Refusal(
        503,
        'Too many requests wait for the Kubernetes API server to say what a viewer may see. Try again in some seconds; pages that are open do so by themselves.',
      );
    const running = known ?? this.#start(key, ask);
    running.waiting += 1;
    this.#waiting += 1;
    try {
      return await running.answer;
    } finally {
      running.waiting -= 1;
      this.#waiting -= 1;
    }
  }

  #start(key: string, ask: () => Promise<V>): Running<V> {
    const running = { answer: ask().finally(() => this.#running.delete(key)), waiting: 0 };
    this.#running.set(key, running);
    return running;
  }
}
