import type { ReconnectReason } from '../api/protocol/member.ts';
import type { SnapshotMessage } from '../api/protocol/messages.ts';
import type { EntryBody } from '../domain/presence-state/entry.ts';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import { Audience, type Participant } from './audience.ts';
import type { PresenceMetrics } from './metrics.ts';
import { type Departure, type Repair, repairs } from './repairs.ts';
import { Replica, type VisibleChanges } from './replica.ts';
import { SharedFrame } from './shared-frame.ts';
import {
  type Position,
  type PresenceStore,
  type StateChange,
  type StateSnapshot,
  StoreUnavailable,
} from './store.ts';
import { Subscription } from './subscription.ts';

export interface RoomDeps {
  readonly store: PresenceStore;
  readonly incarnation: string;
  readonly clock: Clock;
  /** 0 to 1, for spreading beats. */
  readonly random: () => number;
  readonly metrics: PresenceMetrics;
  readonly log: Logger;
  /** Nobody is here and nothing is owed to Redis: the room can go. */
  readonly onIdle: (room: Room) => void;
}

/** Half of the lease, so that one late beat does no harm. */
export const BEAT_MS = 1_000;
/** A change comes on a connection of its own, so it may come after the answer of a beat that knows it. */
const BEAT_SETTLES_WITHIN_MS = 250;
/** Changes that are kept while a snapshot is on its way. With more than this the next snapshot brings them. */
const MOST_PENDING = 1_024;

/**
 * One wedding on this pod: a replica of its state, the connections that see it, and the beat that keeps this pod's
 * lease. Whatever goes wrong (a lost message, a failover, a request without an answer), the beat finds it and either
 * takes a snapshot or repeats what this pod wanted.
 */
export class Room {
  readonly wedding: string;
  readonly #deps: RoomDeps;
  readonly #replica = new Replica();
  readonly #audience: Audience;
  readonly #departures = new Map<string, Departure>();
  #pending: StateChange[] = [];
  #requests = 0;
  readonly #subscription: Subscription;
  #resyncing = false;
  #beating = false;
  /** What Redis said last to an update of this pod, which renews the lease as a beat does, and when it was sent. */
  #renewed: { readonly position: Position; readonly at: number } | undefined;
  #cancelBeat: Cancel = () => {};
  #cancelSettle: Cancel = () => {};

  constructor(wedding: string, deps: RoomDeps) {
    this.wedding = wedding;
    this.#deps = deps;
    this.#subscription = new Subscription(() => deps.store.subscribe(wedding));
    this.#audience = new Audience(wedding, {
      clock: deps.clock,
      delivered: (frames) => deps.metrics.delivered(frames),
    });
    this.#scheduleBeat(BEAT_MS * deps.random());
  }

  /** What the replica holds; undefined while it was never filled. */
  current(): SnapshotMessage | undefined {
    const position = this.#replica.position;
    return (
      position && { type: 'snapshot', wedding: this.wedding, ...position, members: this.#replica.members() }
    );
  }

  /** Rejects with StoreUnavailable or WeddingFull; then the connection is not a member. */
  join(participant: Participant, resume: string | undefined, id: string | undefined): Promise<void> {
    const { membership } = participant;
    return this.#request(async () => {
      await this.#subscription.ensure();
      this.#install(await this.#deps.store.join(this.wedding, this.#replica.position, membership, resume));
      this.#replayPending();
      this.#departures.delete(membership.connection);
      this.#audience.set(participant);
      this.sendSnapshot(membership.connection, id);
    });
  }

  /** Rejects with StoreUnavailable; the new body is then repeated until Redis has it. */
  update(connection: string, body: EntryBody): Promise<Position> {
    const participant = this.#audience.get(connection);
    if (participant === undefined) throw new Error('update of a connection that has not joined');
    const membership = { ...participant.membership, body };
    this.#audience.set({ ...participant, membership });
    const at = this.#deps.clock.monotonicMs();
    return this.#request(async () => {
      const position = await this.#deps.store.update(this.wedding, this.#replica.position, membership);
      this.#renewed = { position, at };
      return position;
    });
  }

  /** Rejects with StoreUnavailable; the leave is then repeated until Redis has it. */
  leave(connection: string): Promise<Position> {
    return this.#depart(connection, { kind: 'leave' });
  }

  /** The connection is gone, its person is reconnecting. Rejects as `leave` does. */
  drop(connection: string, reason: ReconnectReason): Promise<Position> {
    return this.#depart(connection, { kind: 'drop', reason });
  }

  /** What a member of this pod last asked to be; undefined when the connection is not a member. */
  bodyOf(connection: string): EntryBody | undefined {
    return this.#audience.get(connection)?.membership.body;
  }

  /** Sends the whole state to one participant. */
  sendSnapshot(connection: string, id: string | undefined): void {
    const message = { ...this.current(), ...(id === undefined ? {} : { id }) };
    this.#audience.get(connection)?.deliver(new SharedFrame(JSON.stringify(message)));
  }

  /** A change came from the channel. */
  receive(change: StateChange): void {
    if (this.#replica.position !== undefined && !this.#resyncing) this.#apply(change);
    else if (this.#pending.length < MOST_PENDING) this.#pending.push(change);
  }

  /** Messages may be missing: asks now instead of at the next beat. */
  verify(): void {
    void this.#beat();
  }

  close(): void {
    this.#cancelBeat();
    this.#cancelSettle();
    this.#audience.close();
  }

  async #request<T>(work: () => Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#deps.metrics.redisRequestFailed();
      throw error;
    } finally {
      this.#requests--;
      this.#checkIdle();
    }
  }

  #checkIdle(): void {
    const isIdle = this.#audience.size === 0 && this.#departures.size === 0 && this.#requests === 0;
    if (isIdle) this.#deps.onIdle(this);
  }

  #depart(connection: string, departure: Departure): Promise<Position> {
    this.#audience.delete(connection);
    this.#departures.set(connection, departure);
    return this.#request(async () => {
      const { store } = this.#deps;
      const seen = this.#replica.position;
      const position = await (departure.kind === 'leave'
        ? store.leave(this.wedding, seen, connection)
        : store.drop(this.wedding, seen, connection, departure.reason));
      this.#departures.delete(connection);
      return position;
    });
  }

  /** The change that shows a gap needs not be kept: the snapshot that is asked for now comes after it. */
  #apply(change: StateChange): void {
    const applied = this.#replica.apply(change);
    if (applied.kind === 'gap') void this.#resync('gap');
    if (applied.kind !== 'applied') return;
    this.#tell(change, applied);
    this.#observePropagation(change.origin);
    for (const one of change.changes) {
      if (one.op === 'remove' && one.reason === 'moved') this.#audience.delete(one.connection);
    }
  }

  #tell(position: Position, shown: VisibleChanges): void {
    if (shown.arrivalsOnly) this.#audience.tellArrivals(position, shown.changes);
    else this.#audience.tell(position, shown.changes);
  }

  #observePropagation(origin: string): void {
    const [incarnation, startedAt] = origin.split(' ');
    if (incarnation !== this.#deps.incarnation) return;
    this.#deps.metrics.propagated((this.#deps.clock.monotonicMs() - Number(startedAt)) / 1_000);
  }

  #install(snapshot: StateSnapshot): void {
    const epochBefore = this.#replica.position?.epoch;
    const shown = this.#replica.install(snapshot);
    const current = this.current();
    if (shown === undefined || current === undefined) return;
    if (epochBefore === snapshot.epoch) this.#tell(snapshot, shown);
    else this.#audience.tellAll(current);
  }

  #replayPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const change of pending) this.receive(change);
  }

  async #resync(cause: string): Promise<void> {
    if (this.#resyncing) return;
    this.#resyncing = true;
    this.#deps.metrics.resynced(cause);
    let snapshot: StateSnapshot | undefined;
    try {
      snapshot = await this.#request(() => this.#deps.store.snapshot(this.wedding, this.#replica.position));
    } catch (error) {
      this.#deps.log.debug({ err: error, wedding: this.wedding }, 'no snapshot; the next beat tries again');
    }
    this.#resyncing = false;
    if (snapshot !== undefined) this.#install(snapshot);
    this.#replayPending();
  }

  #scheduleBeat(delayMs: number): void {
    this.#cancelBeat = this.#deps.clock.setTimeout(() => {
      const renewed = this.#renewed;
      const restMs = renewed === undefined ? 0 : renewed.at + BEAT_MS - this.#deps.clock.monotonicMs();
      this.#scheduleBeat(restMs > 0 ? restMs : BEAT_MS);
      if (renewed !== undefined && restMs > 0) this.#compare(renewed.position);
      else void this.#beat();
    }, delayMs);
  }

  /** What Redis says against what the replica holds. */
  #compare(position: Position): void {
    this.#cancelSettle();
    if (this.#replica.hasReached(position)) this.#inStep();
    else
      this.#cancelSettle = this.#deps.clock.setTimeout(() => this.#settle(position), BEAT_SETTLES_WITHIN_MS);
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#replica.position === undefined) return;
    this.#beating = true;
    try {
      this.#compare(await this.#deps.store.beat(this.wedding, this.#replica.position));
    } catch (error) {
      this.#deps.metrics.redisRequestFailed();
      this.#deps.log.debug({ err: error, wedding: this.wedding }, 'a beat failed');
    } finally {
      this.#beating = false;
    }
  }

  #settle(position: Position): void {
    if (this.#replica.hasReached(position)) return;
    void this.#resync('beat');
    this.#subscription.noteBehind().catch((error: unknown) => {
      this.#deps.log.debug({ err: error, wedding: this.wedding }, 'the subscription could not be renewed');
    });
  }

  /**
   * Redis and this pod agree on the position, so a difference is real: somebody took this pod for dead, a failover
   * lost a write, or a request had no answer. Repeats what this pod wants.
   */
  #inStep(): void {
    this.#subscription.noteInStep();
    if (this.#requests > 0) return;
    const members = [...this.#audience.all()].map(({ membership }) => membership);
    const wanted = { members, departures: this.#departures, incarnation: this.#deps.incarnation };
    for (const repair of repairs(this.#replica.entries, wanted)) this.#carryOut(repair);
    this.#checkIdle();
  }

  #carryOut(repair: Repair): void {
    switch (repair.kind) {
      case 'settled':
        this.#departures.delete(repair.connection);
        return;
      case 'update':
        this.#repeat(() => this.#deps.store.update(this.wedding, this.#replica.position, repair.membership));
        return;
      case 'depart':
        this.#repeat(() => this.#depart(repair.connection, repair.departure));
    }
  }

  #repeat(work: () => Promise<Position>): void {
    this.#deps.metrics.resynced('repeat');
    this.#request(work).catch((error: unknown) => {
      this.#deps.log.debug({ err: error, wedding: this.wedding }, 'a repeated request failed');
    });
  }
}
