import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Lane, laneOf } from '../scheduling/lane.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import type { Position, StateChange, StateSnapshot } from '../store/store.ts';
import { Arrivals } from './arrivals.ts';
import { bodiesSet } from './bodies.ts';
import { Inbox } from './inbox.ts';
import { Replica, type VisibleChanges } from './replica.ts';
import { takenOver } from './taken-over.ts';

export interface FollowerDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly scheduler: WorkScheduler;
  /** Asks Redis for the whole state. */
  readonly snapshot: (seen: Position | undefined) => Promise<StateSnapshot>;
  /**
   * A change was applied, or a snapshot whose messages are not to be had (`origin` is empty then, and who was taken over and
   * which bodies were set is told); what is to be seen of it comes right after, with that of others.
   */
  readonly applied: (change: StateChange) => void;
  /** Something looks different at the position where the replica is now. */
  readonly shown: (position: Position, changes: VisibleChanges) => void;
  /** Everything is anew: numbers of another epoch. */
  readonly newEpoch: (position: Position) => void;
  /** The replica is what Redis had a moment ago. */
  readonly agreed: () => void;
  /** A snapshot is asked for, because of `cause`. */
  readonly resyncing: (cause: string) => void;
  /** No snapshot came. */
  readonly failed: (error: unknown) => void;
}

/** Keeps the replica of one wedding where Redis is: by numbered changes, and by a snapshot when one is missing. */
export class Follower {
  readonly replica = new Replica();
  readonly #deps: FollowerDeps;
  readonly #inbox: Inbox;
  readonly #arrivals: Arrivals;
  #resyncing: Promise<boolean> | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
    this.#arrivals = new Arrivals(deps.clock, (position) => this.replica.hasReached(position));
    this.#inbox = new Inbox({
      scheduler: deps.scheduler,
      ready: () => this.replica.position !== undefined,
      laneOf: (change) => this.#laneOf(change),
      apply: (changes) => this.#apply(changes),
    });
  }

  /** Whether changes reach the replica at the moment; otherwise a snapshot has to. */
  get following(): boolean {
    return this.replica.position !== undefined && !this.#inbox.paused;
  }

  receive(change: StateChange): void {
    this.#inbox.receive(change);
  }

  /** Takes over a state that a request brought, and then what waited for it. */
  install(snapshot: StateSnapshot): void {
    this.#takeOver(snapshot);
    this.#inbox.resume();
  }

  /** Whether the replica gets to a position by itself, soon. */
  reach(position: Position): Promise<boolean> {
    return this.#arrivals.reach(position);
  }

  /** One at a time for all who need it. Whether a snapshot came. */
  resync(cause: string): Promise<boolean> {
    this.#resyncing ??= this.#takeSnapshot(cause).finally(() => {
      this.#resyncing = undefined;
    });
    return this.#resyncing;
  }

  async #takeSnapshot(cause: string): Promise<boolean> {
    this.#inbox.pause();
    this.#deps.resyncing(cause);
    try {
      this.#takeOver(await this.#deps.snapshot(this.replica.position));
      return true;
    } catch (error) {
      this.#deps.failed(error);
      return false;
    } finally {
      this.#inbox.resume();
    }
  }

  #takeOver(snapshot: StateSnapshot): void {
    const epochBefore = this.replica.position?.epoch;
    const { entries: before } = this.replica;
    const bodies = epochBefore === snapshot.epoch ? bodiesSet(before, snapshot.entries) : [];
    const changes = [...takenOver(before, snapshot.entries), ...bodies];
    const shown = this.replica.install(snapshot);
    this.#deps.agreed();
    const { position } = this.replica;
    if (shown === undefined || position === undefined) return;
    this.#deps.applied({ ...position, origin: '', changes });
    if (epochBefore === snapshot.epoch) this.#deps.shown(position, shown);
    else this.#deps.newEpoch(position);
    this.#arrivals.moved();
  }

  /** The change that shows a gap, and those after it, need not be kept: the snapshot that is asked for now has them. */
  #apply(changes: readonly StateChange[]): void {
    const shown: MemberChange[] = [];
    let arrivalsOnly = true;
    for (const change of changes) {
      const applied = this.replica.apply(change);
      if (applied.kind === 'gap') {
        void this.resync('gap');
        break;
      }
      if (applied.kind !== 'applied') continue;
      shown.push(...applied.changes);
      arrivalsOnly &&= applied.arrivalsOnly;
      this.#deps.applied(change);
    }
    const { position } = this.replica;
    if (position !== undefined) this.#deps.shown(position, { changes: shown, arrivalsOnly });
    this.#arrivals.moved();
  }

  #laneOf(change: StateChange): Lane {
    let lane: Lane = 3;
    for (const one of change.changes) {
      const entry = one.op === 'set' ? one.entry : this.replica.entries.get(one.connection);
      if (entry !== undefined && laneOf(entry.body.role) < lane) lane = laneOf(entry.body.role);
    }
    return lane;
  }
}
