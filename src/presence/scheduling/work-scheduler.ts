import { FairQueue } from './fair-queue.ts';
import type { Lane } from './lane.ts';

export interface SchedulerDeps {
  readonly clock: { monotonicMs(): number };
  /** A number that differs in each iteration of the event loop; sockets are read once per iteration. */
  readonly iteration: () => number;
  /** Calls back after sockets were read (`setImmediate`). */
  readonly yieldTo: (next: () => void) => void;
  /** A task started, `ms` after it was submitted. */
  readonly waited: (lane: Lane, ms: number) => void;
  /** A task threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Longest work between two reads of the sockets. Long enough for some hundred frames, short enough that a frame of lane 1
 * behind it is still in time.
 */
export const TURN_MS = 4;

/**
 * Orders the work of a pod. While the turn has time left, a task runs at once, so an idle pod adds no delay; other tasks
 * wait in their lane.
 */
export class WorkScheduler {
  readonly #deps: SchedulerDeps;
  readonly #queue = new FairQueue<() => void>();
  #turnEnds = Number.NEGATIVE_INFINITY;
  /** The iteration of the event loop in which the turn started. */
  #turnBeganIn: number | undefined;
  #isYielding = false;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  waiting(lane: Lane): number {
    return this.#queue.waiting(lane);
  }

  submit(lane: Lane, task: () => void): void {
    const now = this.#deps.clock.monotonicMs();
    if (this.#queue.length === 0 && this.#hasTurn(now)) {
      this.#run(lane, 0, task);
      return;
    }
    this.#queue.push(lane, task, now);
    this.#yield();
  }

  /** The next turn starts by itself when sockets were read since the last one started. */
  #hasTurn(now: number): boolean {
    if (now < this.#turnEnds) return true;
    const iteration = this.#deps.iteration();
    if (iteration === this.#turnBeganIn) return false;
    this.#begin(now, iteration);
    return true;
  }

  #begin(now: number, iteration: number): void {
    this.#turnEnds = now + TURN_MS;
    this.#turnBeganIn = iteration;
  }

  #yield(): void {
    if (this.#isYielding) return;
    this.#isYielding = true;
    this.#deps.yieldTo(() => this.#turn());
  }

  #turn(): void {
    this.#isYielding = false;
    const started = this.#deps.clock.monotonicMs();
    this.#begin(started, this.#deps.iteration());
    for (let now = started; now < started + TURN_MS; now = this.#deps.clock.monotonicMs()) {
      const picked = this.#queue.pick(now);
      if (picked === undefined) return;
      this.#run(picked.lane, picked.waitedMs, picked.item);
    }
    if (this.#queue.length > 0) this.#yield();
  }

  #run(lane: Lane, waitedMs: number, task: () => void): void {
    this.#deps.waited(lane, waitedMs);
    try {
      task();
    } catch (error) {
      this.#deps.failed(error);
    }
  }
}
