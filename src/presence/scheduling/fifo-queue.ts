/** Taken places are freed when there are at least this many and they are half of all: one move per item on average. */
const FREE_AT_LEAST = 1_024;

/** First in, first out, without moving the remaining items at each `shift`. */
export class FifoQueue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Places held in memory. A queue that never gets empty must not hold every item that it ever had. */
  get places(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    const isMostlyTaken = this.#head >= FREE_AT_LEAST && this.#head * 2 >= this.#items.length;
    if (isMostlyTaken || this.#head === this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
