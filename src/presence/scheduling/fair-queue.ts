import { LANES, type Lane } from './lane.ts';
import { Line } from './line.ts';

/** Turns a lane gets while all of them wait: 16 to 4 to 1. */
const WEIGHTS: Readonly<Record<Lane, number>> = { 1: 16, 2: 4, 3: 1 };

/** Who waited this long is overdue, and every second turn goes to the one who waited longest. */
export const AGEING_MS = 250;

interface Waiting<T> {
  readonly item: T;
  readonly since: number;
}

/** What comes out, and how long it waited. */
export interface Picked<T> {
  readonly item: T;
  readonly lane: Lane;
  readonly waitedMs: number;
}

/**
 * Weighted fair queueing of three lanes with an ageing bound: each turn goes to the lane that has had least for its
 * weight, but every second turn to the head that waited longest once that is overdue. So an item of lane 3 waits at most
 * `AGEING_MS` and twice the turns of what was overdue before it, however much comes in on lane 1; and lane 1 keeps at
 * least 16 in 42 turns. Pure: time is given by the caller.
 */
export class FairQueue<T> {
  readonly #lines: Readonly<Record<Lane, Line<Waiting<T>>>> = {
    1: new Line(),
    2: new Line(),
    3: new Line(),
  };
  readonly #served: Record<Lane, number> = { 1: 0, 2: 0, 3: 0 };
  #length = 0;
  #virtualTime = 0;
  #overdueHadLast = false;

  get length(): number {
    return this.#length;
  }

  waiting(lane: Lane): number {
    return this.#lines[lane].length;
  }

  push(lane: Lane, item: T, nowMs: number): void {
    // A lane that slept has saved nothing up.
    if (this.#lines[lane].length === 0) this.#served[lane] = Math.max(this.#served[lane], this.#virtualTime);
    this.#lines[lane].push({ item, since: nowMs });
    this.#length++;
  }

  /** The next one; undefined when nobody waits. */
  pick(nowMs: number): Picked<T> | undefined {
    const overdue = this.#overdueHadLast ? undefined : this.#longestOverdue(nowMs);
    const lane = overdue ?? this.#leastServed();
    if (lane === undefined) return undefined;
    this.#overdueHadLast = overdue !== undefined;
    const first = this.#lines[lane].shift();
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
      const { first } = this.#lines[lane];
      if (first === undefined || first.since > since) continue;
      found = lane;
      since = first.since - 1;
    }
    return found;
  }

  #leastServed(): Lane | undefined {
    let found: Lane | undefined;
    for (const lane of LANES) {
      if (this.#lines[lane].length === 0) continue;
      if (found === undefined || this.#served[lane] < this.#served[found]) found = lane;
    }
    return found;
  }
}
