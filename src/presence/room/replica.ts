import type { LeaveReason, Member } from '../../api/protocol/member.ts';
import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { looksAlike } from '../../domain/presence-state/looks-alike.ts';
import { mergeDevices } from '../../domain/presence-state/merge-devices.ts';
import type { Position, StateChange, StateSnapshot } from '../store/store.ts';

/** The changes that clients have to be sent. */
export interface VisibleChanges {
  readonly changes: readonly MemberChange[];
  /** Every change is a person who came, or came back. */
  readonly arrivalsOnly: boolean;
}

/** The effect of a change on a replica. */
export type Applied =
  | ({ readonly kind: 'applied' } & VisibleChanges)
  /** The replica has the change already. */
  | { readonly kind: 'known' }
  /** An earlier change is missing, or the epoch is another one: a snapshot is needed. */
  | { readonly kind: 'gap' };

/** A person whose connections change: the member before, and the reason of the leave if no connection is left. */
interface Touched {
  readonly before: Member | undefined;
  reason: LeaveReason;
}

/** Leaves that are remembered for a delta. A client that missed more of them gets a snapshot. */
const MAX_REMEMBERED_LEAVES = 128;

/** The state of one wedding on this pod, fed by a snapshot and then by numbered changes. */
export class Replica {
  #position: Position | undefined;
  readonly #entries = new Map<string, Entry>();
  /** By user, sorted, so that every pod resolves ties in the same way. Nearly always one. */
  readonly #connections = new Map<string, readonly string[]>();
  /** By user, the number since which the member looks as it does now. The member itself is computed from the entries. */
  readonly #shown = new Map<string, number>();
  /** Users who left, in order. */
  readonly #left = new Map<string, { readonly seq: number; readonly reason: LeaveReason }>();
  /** The replica knows every change of this epoch after this number. */
  #knowsSince = 0;

  /** Undefined before the first snapshot. */
  get position(): Position | undefined {
    return this.#position;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  members(): Member[] {
    return [...this.#shown.keys()].flatMap((user) => this.#memberOf(user) ?? []);
  }

  /**
   * The changes after a position, the last value of each member. Undefined when the replica does not know all of them
   * (another epoch, before its first snapshot, skipped by a snapshot, or more leaves than it remembers): then only a
   * snapshot helps.
   */
  since(from: Position): MemberChange[] | undefined {
    const position = this.#position;
    if (position?.epoch !== from.epoch || from.seq < this.#knowsSince || from.seq > position.seq)
      return undefined;
    const changes: MemberChange[] = [];
    for (const [user, { seq, reason }] of this.#left) {
      if (seq > from.seq) changes.push({ op: 'leave', user, reason });
    }
    for (const [user, seq] of this.#shown) {
      const member = seq > from.seq ? this.#memberOf(user) : undefined;
      if (member !== undefined) changes.push({ op: 'set', member });
    }
    return changes;
  }

  /** Whether the replica is at a position or past it, in the same epoch. */
  hasReached(position: Position): boolean {
    return this.#position?.epoch === position.epoch && this.#position.seq >= position.seq;
  }

  /** Takes over a snapshot and gives the visible changes; undefined when the replica was not behind it. */
  install(snapshot: StateSnapshot): VisibleChanges | undefined {
    if (this.hasReached(snapshot)) return undefined;
    const touched = new Map<string, Touched>();
    for (const [connection, entry] of this.#entries) {
      if (!snapshot.entries.has(connection)) {
        this.#touch(touched, entry.user, entry.reason ?? 'left');
        this.#remove(connection);
      }
    }
    for (const [connection, entry] of snapshot.entries) {
      this.#touch(touched, entry.user, 'left');
      this.#set(connection, entry);
    }
    if (this.#position?.epoch !== snapshot.epoch) this.#left.clear();
    // The numbers in between are unknown: a member that a client knows from one of them may have left since.
    if (this.#position?.epoch !== snapshot.epoch || this.#position.seq + 1 < snapshot.seq)
      this.#knowsSince = snapshot.seq;
    this.#position = { epoch: snapshot.epoch, seq: snapshot.seq };
    return this.#show(touched, snapshot.seq);
  }

  apply(change: StateChange): Applied {
    if (this.#position === undefined || this.#position.epoch !== change.epoch) return { kind: 'gap' };
    if (change.seq <= this.#position.seq) return { kind: 'known' };
    if (change.seq > this.#position.seq + 1) return { kind: 'gap' };
    const touched = new Map<string, Touched>();
    for (const one of change.changes) {
      const user = one.op === 'set' ? one.entry.user : this.#entries.get(one.connection)?.user;
      if (user === undefined) continue;
      const reason = one.op === 'remove' && one.reason !== 'moved' ? one.reason : 'left';
      this.#touch(touched, user, reason);
      if (one.op === 'set') this.#set(one.connection, one.entry);
      else this.#remove(one.connection);
    }
    this.#position = { epoch: change.epoch, seq: change.seq };
    return this.#show(touched, change.seq);
  }

  #set(connection: string, entry: Entry): void {
    this.#entries.set(connection, entry);
    const connections = this.#connections.get(entry.user) ?? [];
    if (!connections.includes(connection))
      this.#connections.set(entry.user, [...connections, connection].toSorted());
  }

  #remove(connection: string): void {
    const user = this.#entries.get(connection)?.user;
    this.#entries.delete(connection);
    if (user === undefined) return;
    const rest = (this.#connections.get(user) ?? []).filter((other) => other !== connection);
    if (rest.length === 0) this.#connections.delete(user);
    else this.#connections.set(user, rest);
  }

  /** To be called before the first connection of the user changes. The last reason counts. */
  #touch(touched: Map<string, Touched>, user: string, reason: LeaveReason): void {
    const known = touched.get(user);
    if (known === undefined) touched.set(user, { before: this.#memberOf(user), reason });
    else known.reason = reason;
  }

  #memberOf(user: string): Member | undefined {
    const connections = this.#connections.get(user);
    return connections && mergeDevices(connections.flatMap((id) => this.#entries.get(id) ?? []));
  }

  /** Gives only the members that look different now. */
  #show(touched: ReadonlyMap<string, Touched>, seq: number): Extract<Applied, { readonly kind: 'applied' }> {
    const changes: MemberChange[] = [];
    let arrivalsOnly = true;
    for (const [user, { before, reason }] of touched) {
      const member = this.#memberOf(user);
      if (member === undefined) {
        if (this.#shown.delete(user)) {
          arrivalsOnly = false;
          changes.push({ op: 'leave', user, reason });
          this.#rememberLeave(user, seq, reason);
        }
        continue;
      }
      if (before !== undefined && looksAlike(before, member)) continue;
      if (member.state !== 'present' || before?.state === 'present') arrivalsOnly = false;
      this.#shown.set(user, seq);
      this.#left.delete(user);
      changes.push({ op: 'set', member });
    }
    return { kind: 'applied', changes, arrivalsOnly };
  }

  #rememberLeave(user: string, seq: number, reason: LeaveReason): void {
    this.#left.delete(user);
    this.#left.set(user, { seq, reason });
    if (this.#left.size <= MAX_REMEMBERED_LEAVES) return;
    const [oldest] = this.#left;
    if (oldest === undefined) return;
    this.#left.delete(oldest[0]);
    this.#knowsSince = Math.max(this.#knowsSince, oldest[1].seq);
  }
}
