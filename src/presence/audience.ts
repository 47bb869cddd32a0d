import type { MemberChange, ServerMessage, SnapshotMessage } from '../api/protocol/messages.ts';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import { SharedFrame } from './shared-frame.ts';
import type { Membership, Position } from './store.ts';

/** A connection of this pod in a room. */
export interface Participant {
  readonly membership: Membership;
  readonly deliver: (frame: SharedFrame) => void;
}

export interface AudienceDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** So many frames were handed over. */
  readonly delivered: (frames: number) => void;
}

/**
 * After one arrival was shown, those that follow within this time are shown together. When 50 people come at once,
 * one message an arrival and member would be a thousand and more.
 */
export const ARRIVALS_TOGETHER_MS = 50;

/** The connections of this pod that see one wedding, and how far they were told. A frame is encoded once for all. */
export class Audience {
  readonly #wedding: string;
  readonly #deps: AudienceDeps;
  readonly #participants = new Map<string, Participant>();
  #told = 0;
  /** What is not told yet, by user; a later change of somebody replaces an earlier one. */
  readonly #held = new Map<string, MemberChange>();
  #heldUpTo: Position | undefined;
  #cancelWait: Cancel | undefined;

  constructor(wedding: string, deps: AudienceDeps) {
    this.#wedding = wedding;
    this.#deps = deps;
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

  /** Changes that nobody can see are not sent: the next diff covers their numbers. */
  tell(position: Position, changes: readonly MemberChange[]): void {
    if (changes.length === 0) return;
    this.#hold(position, changes);
    this.#tellHeld();
  }

  /** People who came, or came back: at once when they are the first for a while, otherwise with those after them. */
  tellArrivals(position: Position, changes: readonly MemberChange[]): void {
    if (changes.length === 0) return;
    this.#hold(position, changes);
    if (this.#cancelWait !== undefined) return;
    this.#tellHeld();
    this.#wait();
  }

  /** Everything anew: a new epoch, whose numbers say nothing about the old ones. */
  tellAll(snapshot: SnapshotMessage): void {
    this.#forgetHeld();
    this.#told = snapshot.seq;
    this.#deliver(snapshot);
  }

  close(): void {
    this.#forgetHeld();
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  #hold(position: Position, changes: readonly MemberChange[]): void {
    for (const change of changes) {
      this.#held.set(change.op === 'set' ? change.member.user : change.user, change);
    }
    this.#heldUpTo = position;
  }

  #forgetHeld(): void {
    this.#held.clear();
    this.#heldUpTo = undefined;
  }

  #wait(): void {
    this.#cancelWait = this.#deps.clock.setTimeout(() => {
      this.#cancelWait = undefined;
      if (this.#heldUpTo === undefined) return;
      this.#tellHeld();
      this.#wait();
    }, ARRIVALS_TOGETHER_MS);
  }

  #tellHeld(): void {
    if (this.#heldUpTo === undefined) return;
    const { epoch, seq } = this.#heldUpTo;
    const prev = this.#told;
    const changes = [...this.#held.values()];
    this.#forgetHeld();
    this.#told = seq;
    this.#deliver({ type: 'diff', wedding: this.#wedding, epoch, prev, seq, changes });
  }

  #deliver(message: ServerMessage): void {
    const frame = new SharedFrame(JSON.stringify(message));
    for (const participant of this.#participants.values()) participant.deliver(frame);
    this.#deps.delivered(this.#participants.size);
  }
}
