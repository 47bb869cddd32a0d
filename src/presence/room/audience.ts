import type { DiffMessage, MemberChange, ServerMessage } from '../../api/protocol/messages.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { Broadcast, encodeDiff } from '../frames/frames.ts';
import { SharedFrame } from '../frames/shared-frame.ts';
import type { Membership, Position } from '../store/store.ts';
import { HeldChanges, userOf } from './held-changes.ts';

/** A connection of this pod in a room. */
export interface Participant {
  readonly membership: Membership;
  /** Wants members in the lean form. */
  readonly lean: boolean;
  readonly deliver: (frame: SharedFrame) => void;
  /** No longer a member: another connection resumed this one, or a planner removed the person. */
  readonly ended?: (why: 'replaced' | 'removed') => void;
  /** So much is unread that more would only grow old in the buffer. */
  readonly congested: () => boolean;
}

/** Where the audience reads the state of its wedding. */
export interface AudienceSource {
  /** Undefined before the room was filled. */
  readonly position: () => Position | undefined;
  /** The last value of everybody who changed after a position; undefined when that is not known, or old, which only a snapshot says. */
  readonly since: (from: Position) => readonly MemberChange[] | undefined;
  readonly snapshot: (lean: boolean, id: string | undefined) => SharedFrame;
  /** What is shown over the numbered state at the moment; undefined when nothing is. */
  readonly provisional: (lean: boolean) => SharedFrame | undefined;
}

export interface AudienceDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly source: AudienceSource;
  /** A diff of these users went out: clients show them as numbered now. */
  readonly numbered: (users: Iterable<string>) => void;
  /** So many frames were handed over. */
  readonly delivered: (frames: number) => void;
  /** A slow reader was brought up to date with one frame instead of all it missed. */
  readonly conflated: () => void;
}

/** What somebody who comes in asked for. */
export interface Admission {
  readonly id: string | undefined;
  /** Came from another connection: is not kept waiting. */
  readonly resumes: boolean;
  /** What the client holds already. */
  readonly since: Position | undefined;
}

/**
 * After one arrival was shown, those that follow within this time are shown together, and get their snapshot together.
 * When 50 people come at once, one message an arrival and member would be a thousand and more.
 */
export const ARRIVALS_TOGETHER_MS = 50;

type Seat =
  | { readonly kind: 'live'; participant: Participant }
  /** Came within the window of somebody else: gets its snapshot at the end of it. */
  | {
      readonly kind: 'waiting';
      participant: Participant;
      readonly id: string | undefined;
      readonly greeted: () => void;
    }
  /** Reads too slowly; what it holds is `from`. */
  | { readonly kind: 'behind'; participant: Participant; readonly from: Position | undefined };

/** The connections of this pod that see one wedding, and how far they were told. A frame is encoded once for all. */
export class Audience {
  readonly #wedding: string;
  readonly #deps: AudienceDeps;
  readonly #seats = new Map<string, Seat>();
  #told = 0;
  readonly #held = new HeldChanges();
  #cancelWait: Cancel | undefined;

  constructor(wedding: string, deps: AudienceDeps) {
    this.#wedding = wedding;
    this.#deps = deps;
  }

  get size(): number {
    return this.#seats.size;
  }

  get(connection: string): Participant | undefined {
    return this.#seats.get(connection)?.participant;
  }

  memberships(): Membership[] {
    return [...this.#seats.values()].map(({ participant }) => participant.membership);
  }

  /** The participant wants to be something else from now on. */
  replace(participant: Participant): void {
    const seat = this.#seats.get(participant.membership.connection);
    if (seat !== undefined) seat.participant = participant;
  }

  /** Resolves when the participant has been sent where the wedding is; from then on it is told every change. */
  admit(participant: Participant, admission: Admission): Promise<void> {
    const { connection } = participant.membership;
    const { id, since } = admission;
    this.delete(connection);
    const delta = since === undefined ? undefined : this.#delta(since, { id });
    if (delta === undefined && !admission.resumes && this.#cancelWait !== undefined) {
      return new Promise((greeted) =>
        this.#seats.set(connection, { kind: 'waiting', participant, id, greeted }),
      );
    }
    this.#seats.set(connection, { kind: 'live', participant });
    this.#bring(participant, delta, id);
    if (!admission.resumes && this.#cancelWait === undefined) this.#wait();
    return Promise.resolve();
  }

  /** Sends the whole state to one participant. */
  sendSnapshot(connection: string, id: string | undefined): void {
    const participant = this.get(connection);
    if (participant !== undefined) this.#bring(participant, undefined, id);
  }

  delete(connection: string): void {
    const seat = this.#seats.get(connection);
    this.#seats.delete(connection);
    if (seat?.kind === 'waiting') seat.greeted();
  }

  /** Changes that nobody can see are not sent: the next diff covers their numbers. */
  tell(position: Position, changes: readonly MemberChange[]): void {
    if (changes.length === 0) return;
    if (changes.length === 1 && this.#held.isEmpty) {
      this.#tellNow(position, changes);
      return;
    }
    this.#held.add(position, changes);
    this.#tellHeld();
  }

  /** People who came, or came back: at once when they are the first for a while, otherwise with those after them. */
  tellArrivals(position: Position, changes: readonly MemberChange[]): void {
    if (changes.length === 0) return;
    this.#held.add(position, changes);
    if (this.#cancelWait !== undefined) return;
    this.#tellHeld();
    this.#wait();
  }

  /** Everything anew: a new epoch, whose numbers say nothing about the old ones. */
  tellAll(position: Position): void {
    this.#held.clear();
    this.#told = position.seq;
    this.#deliver(undefined, (lean) => this.#deps.source.snapshot(lean, undefined).text);
  }

  /** What has no number. A slow reader gets all of it with the snapshot that brings it to the present. */
  tellProvisional(encode: (lean: boolean) => string): void {
    for (const [connection, seat] of this.#seats)
      if (seat.kind === 'behind') this.#seats.set(connection, { ...seat, from: undefined });
    this.#deliver(undefined, encode);
  }

  /** A message about the wedding itself. A slow reader does without, and gets the snapshot instead, which says the same. */
  announce(message: ServerMessage): void {
    const frame = new SharedFrame(JSON.stringify(message));
    for (const [connection, seat] of this.#seats) {
      if (seat.kind === 'live') seat.participant.deliver(frame);
      else if (seat.kind === 'behind') this.#seats.set(connection, { ...seat, from: undefined });
    }
  }

  /** The participant has read what was sent to it: one frame brings it to where the others are. */
  catchUp(connection: string): void {
    const seat = this.#seats.get(connection);
    if (seat?.kind !== 'behind' || seat.participant.congested()) return;
    const { participant, from } = seat;
    const delta = from === undefined ? undefined : this.#delta(from, { conflated: true });
    this.#seats.set(connection, { kind: 'live', participant });
    this.#deps.conflated();
    this.#bring(participant, delta, undefined);
  }

  close(): void {
    this.#held.clear();
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    for (const connection of [...this.#seats.keys()]) this.delete(connection);
  }

  /** Whether a numbered change of a user waits to be told. */
  holds(user: string): boolean {
    return this.#held.has(user);
  }

  #wait(): void {
    this.#cancelWait = this.#deps.clock.setTimeout(() => {
      this.#cancelWait = undefined;
      // First those who were here: what they are told now is in the snapshots of those who come.
      const told = this.#tellHeld();
      const greeted = this.#greetWaiting();
      if (told || greeted) this.#wait();
    }, ARRIVALS_TOGETHER_MS);
  }

  #greetWaiting(): boolean {
    let any = false;
    for (const [connection, seat] of this.#seats) {
      if (seat.kind !== 'waiting') continue;
      any = true;
      this.#seats.set(connection, { kind: 'live', participant: seat.participant });
      this.#bring(seat.participant, undefined, seat.id);
      seat.greeted();
    }
    return any;
  }

  /** To where the others are: by a delta or by a snapshot, and then by what is shown over it. */
  #bring(participant: Participant, delta: Broadcast | undefined, id: string | undefined): void {
    const { lean } = participant;
    const { source } = this.#deps;
    participant.deliver(delta === undefined ? source.snapshot(lean, id) : delta.frame(lean));
    const provisional = source.provisional(lean);
    if (provisional !== undefined) participant.deliver(provisional);
  }

  /** One diff from a position to where the replica is. */
  #delta(
    from: Position,
    more: { readonly id?: string | undefined; readonly conflated?: true },
  ): Broadcast | undefined {
    const position = this.#deps.source.position();
    const changes = this.#deps.source.since(from);
    if (position === undefined || changes === undefined) return undefined;
    const { id, conflated } = more;
    return new Broadcast((lean) =>
      encodeDiff(
        {
          type: 'diff',
          ...(id === undefined ? {} : { id }),
          wedding: this.#wedding,
          ...{ epoch: position.epoch, prev: from.seq, seq: position.seq, changes },
          ...(conflated === undefined ? {} : { conflated }),
        },
        lean,
      ),
    );
  }

  #tellHeld(): boolean {
    const held = this.#held.take();
    if (held !== undefined) this.#tellNow(held.position, held.changes);
    return held !== undefined;
  }

  #tellNow({ epoch, seq }: Position, changes: readonly MemberChange[]): void {
    const prev = this.#told;
    const diff: DiffMessage = { type: 'diff', wedding: this.#wedding, epoch, prev, seq, changes };
    this.#told = seq;
    this.#deliver({ epoch, seq: prev }, (lean) => encodeDiff(diff, lean));
    this.#deps.numbered(changes.map(userOf));
  }

  /** @param held where everybody was before this frame */
  #deliver(held: Position | undefined, encode: (lean: boolean) => string): void {
    const broadcast = new Broadcast(encode);
    let frames = 0;
    this.#seats.forEach(({ kind, participant }, connection) => {
      if (kind !== 'live') return;
      if (participant.congested()) {
        this.#seats.set(connection, { kind: 'behind', participant, from: held });
        return;
      }
      participant.deliver(broadcast.frame(participant.lean));
      frames++;
    });
    this.#deps.delivered(frames);
  }
}
