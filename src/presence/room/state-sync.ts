import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { type Lane, laneOf } from '../scheduling/lane.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import type { ChangeReceiver, Position, PresenceStore, StateChange, StateSnapshot } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import type { Broadcast } from './broadcast.ts';
import { ChannelSubscription } from './channel-subscription.ts';
import type { DegradedMode } from './degraded-mode.ts';
import { CHANGE_ARRIVES_WITHIN_MS, Heartbeat, type HeartbeatHandler } from './heartbeat.ts';
import type { OpenRequests } from './open-requests.ts';
import type { Replica } from './replica.ts';
import { snapshotChanges } from './snapshot-changes.ts';
import type { Staleness } from './staleness.ts';
import type { UnackedWrites } from './unacked-writes.ts';

export interface StateSyncDeps {
  readonly wedding: string;
  readonly incarnation: string;
  readonly store: Pick<PresenceStore, 'heartbeat' | 'snapshot' | 'subscribe'>;
  readonly clock: Clock;
  /** 0 to 1, for spreading heartbeats. */
  readonly random: () => number;
  readonly scheduler: Pick<WorkScheduler, 'submit'>;
  readonly metrics: PresenceMetrics;
  readonly log: Logger;
  readonly replica: Replica;
  readonly staleness: Staleness;
  readonly broadcast: Broadcast;
  readonly writes: UnackedWrites;
  readonly degraded: DegradedMode;
  readonly requests: OpenRequests;
  /** Called after each heartbeat that found the replica in step. */
  readonly onInStep: () => void;
}

/** Changes that are kept while a snapshot is on its way. Changes above this are dropped: the next snapshot has them. */
const MAX_QUEUED_CHANGES = 1_024;

/**
 * Keeps the replica of one wedding where Redis is: applies the numbered changes of the channel, takes a snapshot when one
 * is missing, and compares positions once a second. What changed goes to the subscribers (`Broadcast`).
 */
export class StateSync implements ChangeReceiver, HeartbeatHandler {
  readonly #deps: StateSyncDeps;
  readonly #subscription: ChannelSubscription;
  readonly #heartbeat: Heartbeat;
  /** Changes that are not applied yet, in the order of the channel. */
  #queue: StateChange[] = [];
  /** The best lane for which a drain of the queue is scheduled. */
  #scheduled: Lane | undefined;
  /** A snapshot is on its way: the queue waits for it. */
  #paused = false;
  readonly #waiters = new Set<() => void>();
  #resyncing: Promise<boolean> | undefined;

  constructor(deps: StateSyncDeps) {
    this.#deps = deps;
    this.#subscription = new ChannelSubscription(() => deps.store.subscribe(deps.wedding, this));
    this.#heartbeat = new Heartbeat(deps, this);
  }

  /** Whether changes reach the replica at the moment; otherwise a snapshot has to. */
  get following(): boolean {
    return this.#deps.replica.position !== undefined && !this.#paused;
  }

  /** Subscribes to the channel, when it is not subscribed yet. */
  subscribe(): Promise<void> {
    return this.#subscription.ensure();
  }

  /** Subscribes and takes a snapshot, so that the first join finds the room ready. */
  warmUp(): void {
    if (this.following) return;
    this.subscribe().then(
      () => this.resync('warm'),
      (error: unknown) => this.#debug(error, 'could not warm up the room; it is tried again'),
    );
  }

  /** Messages may be missing: compares positions now. */
  verify(): void {
    this.#heartbeat.verify();
  }

  /**
   * Queues a change of the channel. The numbers of a wedding are one order, so a change of lane 1 takes the earlier ones
   * along: under pressure a room is served as early as its most urgent change.
   */
  receive(change: StateChange): void {
    const isHeld = !this.following;
    if (isHeld && this.#queue.length >= MAX_QUEUED_CHANGES) return;
    this.#queue.push(change);
    if (!isHeld) this.#schedule(this.#laneOf(change));
  }

  /** Takes over the state that came with an answer, then the changes that waited for it. */
  install(snapshot: StateSnapshot): void {
    this.#takeOver(snapshot);
    this.#resume();
  }

  /** Waits a moment for the replica to reach a position; false when it does not. */
  async reach(position: Position): Promise<boolean> {
    const { replica, clock } = this.#deps;
    if (replica.hasReached(position)) return true;
    return new Promise((resolve) => {
      const check = (): void => {
        if (replica.hasReached(position)) finish(true);
      };
      const finish = (reached: boolean): void => {
        this.#waiters.delete(check);
        cancel();
        resolve(reached);
      };
      const cancel = clock.setTimeout(() => finish(false), CHANGE_ARRIVES_WITHIN_MS);
      this.#waiters.add(check);
    });
  }

  /** Takes a snapshot; callers share one request. False when none came. */
  resync(cause: string): Promise<boolean> {
    this.#resyncing ??= this.#takeSnapshot(cause).finally(() => {
      this.#resyncing = undefined;
    });
    return this.#resyncing;
  }

  close(): void {
    this.#heartbeat.close();
  }

  sendHeartbeat(): Promise<Position> | undefined {
    const { store, wedding, replica } = this.#deps;
    return replica.position && store.heartbeat(wedding, replica.position);
  }

  onInStep(): void {
    const { writes, broadcast, requests, onInStep } = this.#deps;
    this.#subscription.noteInStep();
    writes.noteAnswer();
    broadcast.announceFresh();
    // An open request may explain a difference.
    if (requests.count > 0) return;
    writes.reconcile();
    onInStep();
  }

  onBehind(): void {
    this.#deps.writes.noteAnswer();
    void this.resync('beat');
    this.#subscription
      .noteBehind()
      .catch((error: unknown) => this.#debug(error, 'could not renew the subscription'));
  }

  onFailed(error: unknown, answeredSince: boolean): void {
    const { metrics, writes, broadcast } = this.#deps;
    metrics.redisRequestFailed();
    this.#debug(error, 'a heartbeat failed');
    if (answeredSince) return;
    writes.noteNoAnswer();
    broadcast.announceIfStale();
  }

  /** A Redis that accepts requests and does not answer would otherwise be noticed only at their deadline. */
  onLate(): void {
    this.#deps.broadcast.announceIfStale();
  }

  #schedule(lane: Lane): void {
    if (this.#scheduled !== undefined && this.#scheduled <= lane) return;
    this.#scheduled = lane;
    this.#deps.scheduler.submit(lane, this.#drain);
  }

  /** A field, so that all tasks of the room share one function. */
  readonly #drain = (): void => {
    this.#scheduled = undefined;
    if (this.#paused || this.#queue.length === 0) return;
    const changes = this.#queue;
    this.#queue = [];
    this.#apply(changes);
  };

  #resume(): void {
    this.#paused = false;
    this.#drain();
  }

  /** Changes from a gap on need not be kept: the snapshot that is requested for the gap has them. */
  #apply(changes: readonly StateChange[]): void {
    const { replica, broadcast, writes } = this.#deps;
    const visible: MemberChange[] = [];
    let arrivalsOnly = true;
    for (const change of changes) {
      const applied = replica.apply(change);
      if (applied.kind === 'gap') {
        void this.resync('gap');
        break;
      }
      if (applied.kind !== 'applied') continue;
      visible.push(...applied.changes);
      arrivalsOnly &&= applied.arrivalsOnly;
      this.#notePropagation(change);
      writes.receive(change);
    }
    if (replica.position !== undefined) broadcast.publish(replica.position, visible, arrivalsOnly);
    this.#replicaMoved();
  }

  async #takeSnapshot(cause: string): Promise<boolean> {
    const { store, wedding, replica, metrics, requests } = this.#deps;
    this.#paused = true;
    metrics.resynced(cause);
    try {
      this.#takeOver(await requests.run(() => store.snapshot(wedding, replica.position)));
      return true;
    } catch (error) {
      this.#debug(error, 'no snapshot; the next heartbeat tries again');
      return false;
    } finally {
      this.#resume();
    }
  }

  #takeOver(snapshot: StateSnapshot): void {
    const { replica, staleness, broadcast, writes } = this.#deps;
    const isSameEpoch = replica.position?.epoch === snapshot.epoch;
    const changes = snapshotChanges(replica.entries, snapshot.entries, isSameEpoch);
    const visible = replica.install(snapshot);
    staleness.noteConfirmed();
    writes.noteAnswer();
    const { position } = replica;
    if (visible === undefined || position === undefined) return;
    writes.receive({ epoch: position.epoch, seq: position.seq, origin: '', changes });
    if (isSameEpoch) broadcast.publish(position, visible.changes, visible.arrivalsOnly);
    else broadcast.publishSnapshot(position);
    this.#replicaMoved();
    if (!isSameEpoch) this.#verifyAfterNewEpoch();
  }

  #replicaMoved(): void {
    if (this.#deps.degraded.active) this.#deps.degraded.refresh();
    for (const check of this.#waiters) check();
  }

  /** Numbers of the old epoch may be lost: missing members are written again now, not at the next heartbeat. */
  #verifyAfterNewEpoch(): void {
    const { degraded, writes } = this.#deps;
    if (degraded.hasPending || writes.lacksMember) this.#heartbeat.verify();
  }

  /** Measures how long a change of this pod took. */
  #notePropagation({ origin }: StateChange): void {
    const { incarnation, clock, metrics } = this.#deps;
    if (!origin.startsWith(incarnation)) return;
    const sentAt = Number(origin.slice(incarnation.length));
    metrics.propagated((clock.monotonicMs() - sentAt) / 1_000);
  }

  #laneOf(change: StateChange): Lane {
    let lane: Lane = 3;
    for (const one of change.changes) {
      const entry = one.op === 'set' ? one.entry : this.#deps.replica.entries.get(one.connection);
      if (entry !== undefined && laneOf(entry.body.role) < lane) lane = laneOf(entry.body.role);
    }
    return lane;
  }

  #debug(error: unknown, message: string): void {
    this.#deps.log.debug({ err: error, wedding: this.#deps.wedding }, message);
  }
}
