import type { Entry } from '../../domain/presence-state/entry.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import type { HistoryEntry, Patch, PresenceStore } from '../store/store.ts';
import { Replica } from './replica.ts';
import { Room, type RoomDeps } from './room.ts';
import type { WeddingState } from './wedding-state.ts';

/** The rooms of this pod. A room is made by its first join and released after its last member has left. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #deps: Omit<RoomDeps, 'onIdle'>;
  #warm: ReadonlySet<string> = new Set();

  constructor(deps: Omit<RoomDeps, 'onIdle'>) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room of a wedding; made when there is none. */
  open(wedding: string): Room {
    const known = this.#rooms.get(wedding);
    if (known !== undefined) return known;
    const room: Room = new Room(wedding, { ...this.#deps, onIdle: (idle) => this.#release(idle, room) });
    this.#rooms.set(wedding, room);
    return room;
  }

  /** From the replica of this pod when it serves the wedding, otherwise from Redis. Rejects with StoreUnavailable. */
  async read(wedding: string): Promise<WeddingState> {
    const current = this.#rooms.get(wedding)?.current();
    const { metrics } = this.#deps;
    if (current !== undefined) {
      metrics.cache('snapshot', current.staleMs === undefined ? 'hit' : 'stale');
      return current;
    }
    metrics.cache('snapshot', 'miss');
    const snapshot = await this.#deps.store.snapshot(wedding, undefined);
    const replica = new Replica();
    replica.install(snapshot);
    return { epoch: snapshot.epoch, seq: snapshot.seq, members: replica.members() };
  }

  /** Sets bodies on behalf of others. Rejects with StoreUnavailable. */
  patch(wedding: string, patches: readonly Patch[]): ReturnType<PresenceStore['patch']> {
    return this.#deps.store.patch(wedding, undefined, patches);
  }

  /** Ends all connections of a person in a wedding. Rejects with StoreUnavailable or TooManyRemovals. */
  expel(wedding: string, user: string, until: Date): ReturnType<PresenceStore['expel']> {
    return this.#deps.store.expel(wedding, user, until);
  }

  /** The entries of a wedding, connection by connection. Rejects with StoreUnavailable. */
  async entries(wedding: string): Promise<ReadonlyMap<string, Entry>> {
    return (await this.#deps.store.snapshot(wedding, undefined)).entries;
  }

  /** Joins and leaves of a wedding, the oldest kept one first. Rejects with StoreUnavailable. */
  history(wedding: string): Promise<readonly HistoryEntry[]> {
    return this.#deps.store.history(wedding);
  }

  /** Another pod sent what it wants of its members of a wedding while Redis is away. */
  receiveProvisional(from: string, wedding: string, state: ProvisionalState): void {
    this.#rooms.get(wedding)?.receiveProvisional(from, state);
  }

  /** People who are shown differently from what Redis has. */
  get provisional(): number {
    let sum = 0;
    for (const room of this.#rooms.values()) sum += room.provisional;
    return sum;
  }

  /** Opens the rooms of these weddings before their first join, and releases idle rooms of other weddings. */
  warm(weddings: readonly string[]): void {
    this.#warm = new Set(weddings);
    for (const wedding of weddings) this.open(wedding).warmUp();
    for (const room of [...this.#rooms.values()]) room.releaseIfIdle();
  }

  /** Checks every room for missed messages. */
  verifyAll(): void {
    for (const room of this.#rooms.values()) room.verify();
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    this.#warm = new Set();
  }

  #release(wedding: string, room: Room): void {
    if (this.#rooms.get(wedding) !== room || this.#warm.has(wedding)) return;
    this.#rooms.delete(wedding);
    room.close();
    this.#deps.store.unsubscribe(wedding).catch((error: unknown) => {
      this.#deps.log.debug({ err: error, wedding }, 'could not unsubscribe');
    });
  }
}
