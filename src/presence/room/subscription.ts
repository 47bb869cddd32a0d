/** After so many beats in a row that found missing messages, the subscription itself is taken for dead. */
const BEHIND_BEFORE_RENEWAL = 3;

/** The channel of one wedding: subscribed once for all who wait, and again when it failed or seems dead. */
export class Subscription {
  readonly #subscribe: () => Promise<void>;
  #attempt: Promise<void> | undefined;
  #behind = 0;

  constructor(subscribe: () => Promise<void>) {
    this.#subscribe = subscribe;
  }

  /** One attempt for all who wait. After a failure the next call tries again. */
  async ensure(): Promise<void> {
    this.#attempt ??= this.#subscribe();
    try {
      await this.#attempt;
    } catch (error) {
      this.#attempt = undefined;
      throw error;
    }
  }

  noteInStep(): void {
    this.#behind = 0;
  }

  /** Messages were missing. Subscribes anew when that has happened too often in a row; rejects as `ensure` does. */
  async noteBehind(): Promise<void> {
    this.#behind++;
    if (this.#behind < BEHIND_BEFORE_RENEWAL) return;
    this.#behind = 0;
    this.#attempt = undefined;
    await this.ensure();
  }
}
