import { FairQueue } from './fair-queue.ts';
import type { Lane } from './lane.ts';

export interface SchedulerDeps {
  readonly clock: { monotonicMs(): number };
  /** A number that is another one in each iteration of the event loop, in which the sockets have their turn. */
  readonly iteration: () => number;
  /** Calls back after the sockets had their turn (`setImmediate`). */
  readonly yieldTo: (next: () => void) => void;
  /** A task began, so long after it was submitted. */
  readonly waited: (lane: Lane, ms: number) => void;
  /** A task threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Work for at most this long between two looks at the sockets. Long enough for some hundred frames, short enough that a
 * frame of lane 1 behind it is still on time.
 */
export const TURN_MS = 4;

/**
 * Decides in which order a pod does what came in. While there is time left in the turn, work is done at once, so an idle
 * pod adds nothing; what does not fit waits by lane.
 */
export class WorkScheduler {
  readonly #deps: SchedulerDeps;
  readonly #queue = new FairQueue<() => void>();
  #turnEnds = Number.NEGATIVE_INFINITY;
  /** In which iteration of the event loop the turn began. */
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

  /** The next turn begins by itself when the sockets had theirs since the last began. */
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
