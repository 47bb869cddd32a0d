import { FifoQueue } from './fifo-queue.ts';
import { LANES, type Lane } from './lane.ts';

/** Turns per lane while all lanes have waiting items: 16 to 4 to 1. */
const WEIGHTS: Readonly<Record<Lane, number>> = { 1: 16, 2: 4, 3: 1 };

/** An item that waited this long is overdue; every second turn goes to the item that waited longest. */
export const AGEING_MS = 250;

interface Waiting<T> {
  readonly item: T;
  readonly since: number;
}

/** An item that is taken out, and how long it waited. */
export interface Picked<T> {
  readonly item: T;
  readonly lane: Lane;
  readonly waitedMs: number;
}

/**
 * Weighted fair queueing of three lanes with an ageing bound: each turn goes to the lane that was served least for its
 * weight, but every second turn goes to the first item that waited longest when it is overdue. So an item of lane 3 waits
 * at most `AGEING_MS` plus twice the turns of the items that were overdue before it, however much arrives on lane 1; and
 * lane 1 keeps at least 16 of 42 turns. Pure: the caller gives the time.
 */
export class FairQueue<T> {
  readonly #queues: Readonly<Record<Lane, FifoQueue<Waiting<T>>>> = {
    1: new FifoQueue(),
    2: new FifoQueue(),
    3: new FifoQueue(),
  };
  readonly #served: Record<Lane, number> = { 1: 0, 2: 0, 3: 0 };
  #length = 0;
  #virtualTime = 0;
  #overdueHadLast = false;

  get length(): number {
    return this.#length;
  }

  waiting(lane: Lane): number {
    return this.#queues[lane].length;
  }

  push(lane: Lane, item: T, nowMs: number): void {
    // An idle lane does not collect turns.
    if (this.#queues[lane].length === 0) this.#served[lane] = Math.max(this.#served[lane], this.#virtualTime);
    this.#queues[lane].push({ item, since: nowMs });
    this.#length++;
  }

  /** The next item; undefined when the queue is empty. */
  pick(nowMs: number): Picked<T> | undefined {
    const overdue = this.#overdueHadLast ? undefined : this.#longestOverdue(nowMs);
    const lane = overdue ?? this.#leastServed();
    if (lane === undefined) return undefined;
    this.#overdueHadLast = overdue !== undefined;
    const first = this.#queues[lane].shift();
    if (first === undefined) return undefined;
    this.#length--;
    if (overdue === undefined) {
      this.#virtualTime = this.#served[lane];
      this.#served[lane] += 1 / WEIGHTS[lane];
    }
    return { item: first.item, lane, waitedMs: nowMs - first.since };
  }

  #longestOverdue(nowMs: number): Lane | undefined {
    let found: Lane | undefined;
    let since = nowMs - AGEING_MS;
    for (const lane of LANES) {
      const { first } = this.#queues[lane];
      if (first === undefined || first.since > since) continue;
      found = lane;
      since = first.since - 1;
    }
    return found;
  }

  #leastServed(): Lane | undefined {
    let found: Lane | undefined;
    for (const lane of LANES) {
      if (this.#queues[lane].length === 0) continue;
      if (found === undefined || this.#served[lane] < this.#served[found]) found = lane;
    }
    return found;
  }
}
