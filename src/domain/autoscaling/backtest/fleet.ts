interface StartingPods {
  readySeconds: number;
  count: number;
}

/** Pods that serve at once, pods that start, and pods that are removed and gone. */
export class Fleet {
  #ready: number;
  /** Oldest first. */
  #starting: StartingPods[] = [];
  #startingCount = 0;

  constructor(ready: number) {
    this.#ready = ready;
  }

  get ready(): number {
    return this.#ready;
  }

  /** Ready and starting: what is paid for, and what the workload's scale subresource says. */
  get replicas(): number {
    return this.#ready + this.#startingCount;
  }

  /** Lets pods become ready whose start-up is over at `now`. */
  advance(now: number): void {
    while (this.#starting[0] !== undefined && this.#starting[0].readySeconds <= now) {
      const { count } = this.#starting.shift() as StartingPods;
      this.#startingCount -= count;
      this.#ready += count;
    }
  }

  /**
   * Adds or removes pods. Of pods to remove, the last to be started go first, as a ReplicaSet prefers pods that are not
   * ready; they leave at once.
   */
  scaleTo(replicas: number, now: number, startupSeconds: number): void {
    const change = replicas - this.replicas;
    if (change > 0) {
      this.#starting.push({ readySeconds: now + startupSeconds, count: change });
      this.#startingCount += change;
    } else if (change < 0) {
      this.#remove(-change);
    }
    this.advance(now);
  }

  #remove(count: number): void {
    let left = count;
    while (left > 0 && this.#starting.length > 0) {
      const newest = this.#starting.at(-1) as StartingPods;
      const taken = Math.min(left, newest.count);
      newest.count -= taken;
      this.#startingCount -= taken;
      left -= taken;
      if (newest.count === 0) this.#starting.pop();
    }
    this.#ready -= left;
  }
}
