import type { Member } from '../api/protocol/member.ts';
import { Replica } from './replica.ts';
import { Room, type RoomDeps } from './room.ts';
import type { Position, StateChange } from './store.ts';

/** The state of a wedding for a reader. */
export interface WeddingState extends Position {
  readonly members: readonly Member[];
}

/** The weddings this pod serves now. A room is made by its first join and goes with its last member. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #deps: Omit<RoomDeps, 'onIdle'>;

  constructor(deps: Omit<RoomDeps, 'onIdle'>) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room of a wedding, made when there is none. */
  open(wedding: string): Room {
    const known = this.#rooms.get(wedding);
    if (known !== undefined) return known;
    const room = new Room(wedding, { ...this.#deps, onIdle: (idle) => this.#release(idle) });
    this.#rooms.set(wedding, room);
    return room;
  }

  /** From the replica of this pod when it serves the wedding, otherwise from Redis. Rejects with StoreUnavailable. */
  async read(wedding: string): Promise<WeddingState> {
    const current = this.#rooms.get(wedding)?.current();
    if (current !== undefined) return { epoch: current.epoch, seq: current.seq, members: current.members };
    const snapshot = await this.#deps.store.snapshot(wedding, undefined);
    const replica = new Replica();
    replica.install(snapshot);
    return { epoch: snapshot.epoch, seq: snapshot.seq, members: replica.members() };
  }

  receive(wedding: string, change: StateChange): void {
    this.#rooms.get(wedding)?.receive(change);
  }

  /** Asks Redis for every wedding whether a message was missed. */
  verifyAll(): void {
    for (const room of this.#rooms.values()) room.verify();
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  #release(room: Room): void {
    if (this.#rooms.get(room.wedding) !== room) return;
    this.#rooms.delete(room.wedding);
    room.close();
    this.#deps.store.unsubscribe(room.wedding).catch((error: unknown) => {
      this.#deps.log.debug({ err: error, wedding: room.wedding }, 'could not unsubscribe');
    });
  }
}
