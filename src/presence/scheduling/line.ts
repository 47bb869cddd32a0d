/** Served places are given back when there are this many and they are half of all: each costs one move a thing, all told. */
const SERVED_AT_LEAST = 1_024;

/** First in, first out, without moving what is behind each time. */
export class Line<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Places that are held in memory; a line that never gets empty must not hold all that ever stood in it. */
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
    const isMostlyServed = this.#head >= SERVED_AT_LEAST && this.#head * 2 >= this.#items.length;
    if (isMostlyServed || this.#head === this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
