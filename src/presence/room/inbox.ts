import type { Lane } from '../scheduling/lane.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import type { StateChange } from '../store/store.ts';

export interface InboxDeps {
  readonly scheduler: Pick<WorkScheduler, 'submit'>;
  /** Whether there is a replica to apply changes to. */
  readonly ready: () => boolean;
  readonly laneOf: (change: StateChange) => Lane;
  /** All that waited, in their order. */
  readonly apply: (changes: readonly StateChange[]) => void;
}

/** Changes that are kept while a snapshot is on its way. With more than this the next snapshot brings them. */
const MOST_PENDING = 1_024;

/**
 * What the channel of one wedding brought and is not applied yet. The numbers of a wedding are one order, so a change
 * of lane 1 takes those before it along: under pressure a room is served as early as the best that waits in it.
 */
export class Inbox {
  readonly #deps: InboxDeps;
  #changes: StateChange[] = [];
  #scheduled: Lane | undefined;
  #paused = false;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  get paused(): boolean {
    return this.#paused;
  }

  receive(change: StateChange): void {
    const held = this.#paused || !this.#deps.ready();
    if (held && this.#changes.length >= MOST_PENDING) return;
    this.#changes.push(change);
    if (!held) this.#schedule(this.#deps.laneOf(change));
  }

  /** A snapshot is on its way: what comes now is for after it. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#drain();
  }

  #schedule(lane: Lane): void {
    if (this.#scheduled !== undefined && this.#scheduled <= lane) return;
    this.#scheduled = lane;
    this.#deps.scheduler.submit(lane, () => this.#drain());
  }

  #drain(): void {
    this.#scheduled = undefined;
    if (this.#paused || this.#changes.length === 0) return;
    const changes = this.#changes;
    this.#changes = [];
    this.#deps.apply(changes);
  }
}
