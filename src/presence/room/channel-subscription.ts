/** Consecutive heartbeats that found missing messages before the subscription is considered dead. */
const MISSES_BEFORE_RENEWAL = 3;

/** The subscription to the channel of one wedding. All callers share one attempt; a dead subscription is renewed. */
export class ChannelSubscription {
  readonly #subscribe: () => Promise<void>;
  #attempt: Promise<void> | undefined;
  #misses = 0;

  constructor(subscribe: () => Promise<void>) {
    this.#subscribe = subscribe;
  }

  /** Callers share one attempt. After a failure the next call tries again. */
  async ensure(): Promise<void> {
    this.#attempt ??= this.#subscribe();
    try {
      await this.#attempt;
    } catch (error) {
      this.#attempt = undefined;
      throw error;
    }
  }

  /** No messages were missing at the last heartbeat. */
  noteInStep(): void {
    this.#misses = 0;
  }

  /** Messages were missing. Subscribes again after too many misses in a row; rejects as `ensure` does. */
  async noteBehind(): Promise<void> {
    this.#misses++;
    if (this.#misses < MISSES_BEFORE_RENEWAL) return;
    this.#misses = 0;
    this.#attempt = undefined;
    await this.ensure();
  }
}
