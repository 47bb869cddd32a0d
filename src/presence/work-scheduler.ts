import { FairQueue } from './fair-queue.ts';
import type { Lane } from './lane.ts';

export interface SchedulerDeps {
  readonly clock: { monotonicMs(): number };
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
  #turnEnds: number | undefined;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  waiting(lane: Lane): number {
    return this.#queue.waiting(lane);
  }

  submit(lane: Lane, task: () => void): void {
    const now = this.#deps.clock.monotonicMs();
    if (this.#turnEnds === undefined) this.#begin(now);
    if (this.#queue.length === 0 && now < (this.#turnEnds ?? 0)) this.#run(lane, 0, task);
    else this.#queue.push(lane, task, now);
  }

  #begin(now: number): void {
    this.#turnEnds = now + TURN_MS;
    this.#deps.yieldTo(() => this.#turn());
  }

  #turn(): void {
    this.#turnEnds = undefined;
    if (this.#queue.length === 0) return;
    const started = this.#deps.clock.monotonicMs();
    this.#begin(started);
    for (let now = started; now < started + TURN_MS; now = this.#deps.clock.monotonicMs()) {
      const picked = this.#queue.pick(now);
      if (picked === undefined) return;
      this.#run(picked.lane, picked.waitedMs, picked.item);
    }
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
