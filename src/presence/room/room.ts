import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import type { EntryBody } from '../../domain/presence-state/entry.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Peers } from '../peers/peers.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import type { Position, PresenceStore } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import { type Admission, Broadcast, type Subscriber } from './broadcast.ts';
import { DegradedMode } from './degraded-mode.ts';
import { JoinHandler } from './join-handler.ts';
import { OpenRequests } from './open-requests.ts';
import type { PendingLeave } from './reconciler.ts';
import { Replica } from './replica.ts';
import { Staleness } from './staleness.ts';
import { StateSync } from './state-sync.ts';
import { UnackedWrites } from './unacked-writes.ts';
import { type WeddingState, weddingState } from './wedding-state.ts';

/** What the rooms of a pod share. */
export interface RoomDeps {
  readonly store: PresenceStore;
  readonly incarnation: string;
  readonly clock: Clock;
  /** The other pods, for degraded mode. */
  readonly peers: Pick<Peers, 'publish'>;
  /** 0 to 1, for spreading heartbeats. */
  readonly random: () => number;
  readonly metrics: PresenceMetrics;
  readonly scheduler: Pick<WorkScheduler, 'submit'>;
  /** The people who are expected; undefined when the wedding is not known. */
  readonly teamOf: (wedding: string) => SnapshotMessage['team'];
  readonly log: Logger;
  /** The room has no members and no pending requests, and can be released. */
  readonly onIdle: (wedding: string) => void;
}

/**
 * One wedding on this pod. Three parts share its replica: `Broadcast` sends the state to the subscribers, `StateSync`
 * keeps the replica where Redis is, `UnackedWrites` carries the writes of the members to Redis. While Redis is away,
 * `UnackedWrites` hands its writes to `DegradedMode`.
 */
export class Room {
  readonly wedding: string;
  readonly #deps: RoomDeps;
  readonly #replica = new Replica();
  readonly #staleness: Staleness;
  readonly #requests: OpenRequests;
  readonly #broadcast: Broadcast;
  readonly #degraded: DegradedMode;
  readonly #writes: UnackedWrites;
  readonly #sync: StateSync;
  readonly #joins: JoinHandler;

  constructor(wedding: string, deps: RoomDeps) {
    this.wedding = wedding;
    this.#deps = deps;
    const { store, incarnation, clock, metrics, log } = deps;
    const replica = this.#replica;
    const staleness = new Staleness(clock);
    const releaseIfIdle = (): void => this.releaseIfIdle();
    const requests = new OpenRequests(metrics, releaseIfIdle);
    const broadcast = new Broadcast({ wedding, clock, replica, staleness, teamOf: deps.teamOf, metrics });
    const leaves = new Map<string, PendingLeave>();
    const degraded = new DegradedMode({
      wedding,
      incarnation,
      clock,
      replica,
      broadcast,
      leaves,
      peers: deps.peers,
    });
    const writes = new UnackedWrites({
      wedding,
      incarnation,
      clock,
      store,
      replica,
      broadcast,
      leaves,
      degraded,
      requests,
      metrics,
      onRepeatFailed: (error) => log.debug({ err: error, wedding }, 'a repeated write failed'),
    });
    const sync = new StateSync({
      wedding,
      incarnation,
      store,
      clock,
      random: deps.random,
      scheduler: deps.scheduler,
      metrics,
      log,
      replica,
      staleness,
      broadcast,
      writes,
      degraded,
      requests,
      onInStep: releaseIfIdle,
    });
    this.#joins = new JoinHandler({ wedding, store, metrics, replica, staleness, sync, writes });
    this.#staleness = staleness;
    this.#requests = requests;
    this.#broadcast = broadcast;
    this.#degraded = degraded;
    this.#writes = writes;
    this.#sync = sync;
  }

  /** What clients show; undefined before the replica has a state. */
  current(): WeddingState | undefined {
    const { position } = this.#replica;
    if (position === undefined) return undefined;
    const numbered = this.#replica.members();
    return weddingState({
      position,
      numbered,
      changes: this.#broadcast.provisional.changes,
      age: this.#staleness,
    });
  }

  /** People who are shown differently from what Redis has. */
  get provisional(): number {
    return this.#broadcast.provisional.size;
  }

  /**
   * While Redis is away, a person who is a member already is admitted on another connection. Rejects as
   * `PresenceStore.join` does; then the connection is not a member.
   */
  join(subscriber: Subscriber, resume: string | undefined, admission: Admission): Promise<void> {
    const { membership } = subscriber;
    const { connection } = membership;
    return this.#requests.run(async () => {
      const isWritten = await this.#joins.join(membership, resume, admission.since);
      this.#writes.cancelLeave(connection);
      const admitted = this.#broadcast.admit(subscriber, admission);
      if (!isWritten) this.#degraded.markPending(connection, resume ?? '');
      await admitted;
    });
  }

  /** Rejects with StoreUnavailable; the new data is then repeated until Redis has it. */
  update(connection: string, body: EntryBody): Promise<Position> {
    return this.#writes.update(connection, body);
  }

  /** Rejects with StoreUnavailable; the leave is then repeated until Redis has it. */
  leave(connection: string): Promise<Position> {
    return this.#writes.leave(connection, { kind: 'leave' });
  }

  /** The connection is gone and its person is reconnecting. Rejects as `leave` does. */
  drop(connection: string, reason: ReconnectReason): Promise<Position> {
    return this.#writes.leave(connection, { kind: 'drop', reason });
  }

  /** The data that a member of this pod wants; undefined when the connection is not a member. */
  bodyOf(connection: string): EntryBody | undefined {
    return this.#broadcast.get(connection)?.membership.body;
  }

  /** Sends the whole state to one subscriber. */
  sendSnapshot(connection: string, id: string | undefined): void {
    this.#deps.metrics.cache('snapshot', this.#staleness.staleMs === undefined ? 'hit' : 'stale');
    this.#broadcast.sendSnapshot(connection, id);
  }

  /** Another pod sent what it wants of its members while Redis is away. */
  receiveProvisional(from: string, state: ProvisionalState): void {
    this.#degraded.receive(from, state);
  }

  /** The client has read everything in its buffer. */
  catchUp(connection: string): void {
    this.#broadcast.catchUp(connection);
  }

  /** Messages may be missing: compares with Redis now instead of at the next heartbeat. */
  verify(): void {
    this.#sync.verify();
  }

  /** Follows the wedding before its first join. */
  warmUp(): void {
    this.#sync.warmUp();
  }

  /** Calls onIdle when the room has no local members and no pending requests, and the state shows that. */
  releaseIfIdle(): void {
    const isEmpty = this.#broadcast.size === 0 && this.#requests.count === 0;
    if (isEmpty && this.#writes.isIdle) this.#deps.onIdle(this.wedding);
  }

  close(): void {
    this.#sync.close();
    this.#degraded.close();
    this.#broadcast.close();
  }
}
