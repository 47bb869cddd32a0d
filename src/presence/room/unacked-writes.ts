import type { EntryBody } from '../../domain/presence-state/entry.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import {
  type Membership,
  PersonFull,
  PersonRemoved,
  type Position,
  type PresenceStore,
  type StateChange,
  StoreUnavailable,
  WeddingFull,
} from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import type { Broadcast, EndReason } from './broadcast.ts';
import type { DegradedMode } from './degraded-mode.ts';
import type { OpenRequests } from './open-requests.ts';
import { type PendingLeave, reconcile } from './reconciler.ts';
import type { Replica } from './replica.ts';

export interface UnackedWritesDeps {
  readonly wedding: string;
  readonly incarnation: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'setTimeout'>;
  readonly store: Pick<PresenceStore, 'update' | 'enter' | 'leave' | 'drop'>;
  readonly replica: Pick<Replica, 'position' | 'entries'>;
  readonly broadcast: Pick<Broadcast, 'get' | 'memberships' | 'detach'>;
  /** Leaves that Redis has not acknowledged, by connection. Only this class changes them. */
  readonly leaves: Map<string, PendingLeave>;
  readonly degraded: Pick<DegradedMode, 'markPending' | 'replacedBy'>;
  readonly requests: OpenRequests;
  readonly metrics: Pick<PresenceMetrics, 'resynced'>;
  /** A repeated write failed; the next heartbeat repeats it again. */
  readonly onRepeatFailed: (error: unknown) => void;
}

/**
 * A change without an acknowledgement for twice this time is shown before it is numbered. In two halves: after a turn of
 * the event loop that took long, timers are due before the answers that came meanwhile are read.
 */
const HALF_OF_PATIENCE_MS = 125;
/** Then the client gets an error. The request itself goes on. */
const ACK_WITHIN_MS = 1_000;

const AWAY = 'Redis does not answer; this server keeps the change and repeats it';

/** The updates of one connection. */
interface PendingUpdate {
  /** Updates without an answer. */
  open: number;
  /** The last update was not acknowledged: Redis may have it or not, and it is repeated. */
  uncertain: boolean;
  /** The position of the last acknowledged update. */
  ackedAt: Position | undefined;
  /** Data that another writer set while an update was open; the answer decides which of the two is later. */
  other: { readonly body: EntryBody; readonly at: Position } | undefined;
}

/**
 * The writes of this pod's connections in one wedding, until Redis acknowledges them. A write that is not acknowledged in
 * time goes to degraded mode, and is repeated by `reconcile` until the state shows it.
 *
 * Data of a member is written by its own connection and, in bulk, on its behalf. The write with the later number wins, in
 * whatever order answers and messages come.
 */
export class UnackedWrites {
  readonly #deps: UnackedWritesDeps;
  readonly #updates = new Map<string, PendingUpdate>();
  /** Redis is known not to answer for this wedding. */
  #away = false;
  /** The last acknowledgement was late. */
  #slow = false;
  #lastAck: { readonly position: Position; readonly sentAt: number } | undefined;

  constructor(deps: UnackedWritesDeps) {
    this.#deps = deps;
  }

  get away(): boolean {
    return this.#away;
  }

  /**
   * The last acknowledged update, and when it was sent (monotonic). It renewed the lease of this pod as a heartbeat does.
   */
  get lastAck(): { readonly position: Position; readonly sentAt: number } | undefined {
    return this.#lastAck;
  }

  /** Rejects with StoreUnavailable when Redis does not acknowledge; the update is then repeated until it does. */
  async update(connection: string, body: EntryBody): Promise<Position> {
    const membership = this.#setData(connection, body);
    if (membership === undefined) throw new Error('update of a connection that has not joined');
    const { requests, clock, store, wedding, replica } = this.#deps;
    const pending = this.#pendingUpdate(connection);
    pending.open++;
    requests.begin();
    try {
      if (this.#away) this.#refuse(connection);
      const sentAt = clock.monotonicMs();
      const request = store.update(wedding, replica.position, membership);
      const position = await this.#acknowledged(connection, request);
      this.#lastAck = { position, sentAt };
      if (isLater(position, pending.ackedAt)) pending.ackedAt = position;
      pending.uncertain = false;
      return position;
    } catch (error) {
      // The client got an error, and its own data is repeated.
      pending.uncertain = true;
      pending.other = undefined;
      requests.noteFailure(error);
      throw error;
    } finally {
      pending.open--;
      if (pending.open === 0) this.#takeOther(connection, pending);
      requests.end();
    }
  }

  /** The connection stops being a member. Rejects with StoreUnavailable; the leave is then repeated. */
  leave(connection: string, leave: PendingLeave): Promise<Position> {
    this.detach(connection);
    return this.#writeLeave(connection, leave);
  }

  /** A connection with a pending leave is a member again. */
  cancelLeave(connection: string): void {
    this.#deps.leaves.delete(connection);
  }

  /** Runs the join of a person who is a member already; false when Redis does not acknowledge it. */
  async join(connection: string, request: () => Promise<void>): Promise<boolean> {
    if (this.#away) return false;
    try {
      await this.#acknowledged(connection, request());
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailable) return false;
      throw error;
    }
  }

  /**
   * Follows what others did to the connections of this pod: another pod took one over, a planner removed a person, or
   * another writer set the data of a member. A change with an empty origin comes from a snapshot: its data may also be older data of our own.
   */
  receive({ epoch, changes, origin }: StateChange): void {
    for (const change of changes) {
      if (change.op === 'remove') {
        if (change.reason === 'moved') this.#end(change.connection, 'replaced');
        else if (change.reason === 'removed') this.#end(change.connection, 'removed');
      } else if (change.onBehalf) {
        const { connection, entry } = change;
        if (origin === '' && this.#updates.get(connection)?.uncertain) continue;
        this.#receiveData(connection, entry.body, { epoch, seq: entry.version });
      }
    }
  }

  /** The connection is no longer a member on this pod. */
  detach(connection: string): void {
    this.#deps.broadcast.detach(connection);
    this.#updates.delete(connection);
  }

  /** Redis answered for this wedding. */
  noteAnswer(): void {
    this.#away = false;
    this.#slow = false;
  }

  /** Redis did not answer for this wedding. Without a replica there is nothing to go on with. */
  noteNoAnswer(): void {
    this.#away = this.#deps.replica.position !== undefined;
  }

  /** Whether a member of this pod is missing in the state, as after Redis has lost it. */
  get lacksMember(): boolean {
    const { replica, broadcast } = this.#deps;
    return broadcast.memberships().some(({ connection }) => !replica.entries.has(connection));
  }

  /** No leave is pending, and the state has no entry of this pod. */
  get isIdle(): boolean {
    const { leaves, replica, incarnation } = this.#deps;
    if (leaves.size > 0) return false;
    for (const { pod } of replica.entries.values()) if (pod === incarnation) return false;
    return true;
  }

  /**
   * Anti-entropy: repeats the writes that the state does not show. The replica must be in step with Redis, so that a
   * difference is real: this pod was considered dead, a failover lost a write, or a request had no answer.
   */
  reconcile(): void {
    const { replica, broadcast, leaves, incarnation, metrics, onRepeatFailed } = this.#deps;
    const isMember = (connection: string): boolean => broadcast.get(connection) !== undefined;
    const desired = { members: broadcast.memberships(), isMember, leaves, incarnation };
    for (const repair of reconcile(replica.entries, desired)) {
      if (repair.kind === 'acknowledge') {
        leaves.delete(repair.connection);
        continue;
      }
      metrics.resynced('repeat');
      const repeated =
        repair.kind === 'leave'
          ? this.#writeLeave(repair.connection, repair.leave)
          : this.#put(repair.membership);
      repeated.catch(onRepeatFailed);
    }
  }

  async #put(membership: Membership): Promise<Position> {
    const { wedding, store, replica, degraded, requests } = this.#deps;
    const { connection } = membership;
    const replaced = degraded.replacedBy(connection);
    try {
      return await requests.run(() => store.enter(wedding, replica.position, membership, replaced));
    } catch (error) {
      const reason = refusalOf(error);
      if (reason !== undefined) this.#end(connection, reason);
      throw error;
    }
  }

  /** Ends the membership of a connection that others removed, and sends its client the reason. */
  #end(connection: string, reason: EndReason): void {
    const listener = this.#deps.broadcast.get(connection)?.listener;
    this.detach(connection);
    listener?.ended(this.#deps.wedding, reason);
  }

  #writeLeave(connection: string, leave: PendingLeave): Promise<Position> {
    this.#deps.leaves.set(connection, leave);
    return this.#deps.requests.run(async () => {
      if (this.#away) this.#refuse(connection);
      return this.#acknowledged(connection, this.#sendLeave(connection, leave));
    });
  }

  async #sendLeave(connection: string, leave: PendingLeave): Promise<Position> {
    const { wedding, store, replica, leaves } = this.#deps;
    const { position } = replica;
    const answer =
      leave.kind === 'leave'
        ? await store.leave(wedding, position, connection)
        : await store.drop(wedding, position, connection, leave.reason);
    leaves.delete(connection);
    return answer;
  }

  /** While Redis is away a write goes to degraded mode without a request. */
  #refuse(connection: string): never {
    this.#deps.degraded.markPending(connection);
    throw new StoreUnavailable(AWAY);
  }

  /**
   * Waits for an acknowledgement. A late one starts degraded mode for the connection. After a second without one this
   * rejects with StoreUnavailable, while the request may still be done.
   */
  #acknowledged<T>(connection: string, request: Promise<T>): Promise<T> {
    const { clock, degraded } = this.#deps;
    if (this.#slow) degraded.markPending(connection);
    return new Promise<T>((resolve, reject) => {
      const fail = (error: StoreUnavailable): void => {
        this.noteNoAnswer();
        degraded.markPending(connection);
        reject(error);
      };
      const late = (): void => {
        this.#slow = true;
        degraded.markPending(connection);
        cancel = clock.setTimeout(giveUp, ACK_WITHIN_MS - 2 * HALF_OF_PATIENCE_MS);
      };
      let isGivenUp = false;
      const giveUp = (): void => {
        isGivenUp = true;
        fail(new StoreUnavailable(AWAY));
      };
      let cancel = clock.setTimeout(() => {
        cancel = clock.setTimeout(late, HALF_OF_PATIENCE_MS);
      }, HALF_OF_PATIENCE_MS);
      request.then(
        (answer) => {
          cancel();
          this.noteAnswer();
          resolve(answer);
        },
        (error: unknown) => {
          cancel();
          if (isGivenUp) return;
          if (error instanceof StoreUnavailable) fail(error);
          else reject(error);
        },
      );
    });
  }

  #pendingUpdate(connection: string): PendingUpdate {
    const known = this.#updates.get(connection);
    if (known !== undefined) return known;
    const pending: PendingUpdate = { open: 0, uncertain: false, ackedAt: undefined, other: undefined };
    this.#updates.set(connection, pending);
    return pending;
  }

  #receiveData(connection: string, body: EntryBody, at: Position): void {
    const pending = this.#updates.get(connection);
    if (pending === undefined) this.#setData(connection, body);
    else {
      pending.other = { body, at };
      if (pending.open === 0) this.#takeOther(connection, pending);
    }
  }

  /** Takes over the data of another writer when it has the later number. */
  #takeOther(connection: string, pending: PendingUpdate): void {
    const { other, ackedAt } = pending;
    if (other === undefined) return;
    pending.other = undefined;
    if (!isLater(other.at, ackedAt)) return;
    this.#setData(connection, other.body);
    pending.ackedAt = other.at;
  }

  /** Changes what this pod wants of a connection; undefined when it is not a member here. */
  #setData(connection: string, body: EntryBody): Membership | undefined {
    const subscriber = this.#deps.broadcast.get(connection);
    if (subscriber === undefined) return undefined;
    const { user, graceMs } = subscriber.membership;
    subscriber.membership = { connection, user, body, graceMs };
    return subscriber.membership;
  }
}

/** A new epoch starts with lower numbers, and acknowledged writes of the epoch before may be lost. */
function isLater(one: Position, other: Position | undefined): boolean {
  return other === undefined || one.epoch !== other.epoch || one.seq > other.seq;
}

/** Why Redis refuses a repeated join for good: repeating it again would not help. Undefined for errors that pass. */
function refusalOf(error: unknown): EndReason | undefined {
  // The message of the removal was lost.
  if (error instanceof PersonRemoved) return 'removed';
  // Admitted while Redis was away; other servers admitted more.
  if (error instanceof PersonFull) return 'too_many_devices';
  if (error instanceof WeddingFull) return 'wedding_full';
  return undefined;
}
