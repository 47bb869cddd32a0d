import type { MemberChange, ServerMessage, SnapshotMessage } from '../api/protocol/messages.ts';
import type { Membership, Position } from './store.ts';

/** A connection of this pod in a room. */
export interface Participant {
  readonly membership: Membership;
  readonly deliver: (text: string) => void;
}

/** The connections of this pod that see one wedding, and how far they were told. A frame is encoded once for all. */
export class Audience {
  readonly #wedding: string;
  readonly #participants = new Map<string, Participant>();
  #told = 0;

  constructor(wedding: string) {
    this.#wedding = wedding;
  }

  get size(): number {
    return this.#participants.size;
  }

  get(connection: string): Participant | undefined {
    return this.#participants.get(connection);
  }

  all(): IterableIterator<Participant> {
    return this.#participants.values();
  }

  set(participant: Participant): void {
    this.#participants.set(participant.membership.connection, participant);
  }

  delete(connection: string): void {
    this.#participants.delete(connection);
  }

  /** Changes that nobody can see are not sent: the next diff covers their numbers. Gives the frames handed over. */
  tell(position: Position, changes: readonly MemberChange[]): number {
    if (changes.length === 0) return 0;
    const { epoch, seq } = position;
    const prev = this.#told;
    this.#told = seq;
    return this.#deliver({ type: 'diff', wedding: this.#wedding, epoch, prev, seq, changes });
  }

  /** Everything anew: a new epoch, whose numbers say nothing about the old ones. */
  tellAll(snapshot: SnapshotMessage): number {
    this.#told = snapshot.seq;
    return this.#deliver(snapshot);
  }

  #deliver(message: ServerMessage): number {
    const text = JSON.stringify(message);
    for (const participant of this.#participants.values()) participant.deliver(text);
    return this.#participants.size;
  }
}
