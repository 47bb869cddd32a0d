import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { EntryBody } from '../../domain/presence-state/entry.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { SnapshotFrames, type SnapshotParts } from '../frames/frames.ts';
import { PersonRemoved, type Position, type StateChange, StoreUnavailable } from '../store/store.ts';
import { type Admission, Audience, type Participant } from './audience.ts';
import { Bodies, type BodiesDeps } from './bodies.ts';
import { Departures } from './departures.ts';
import { Entrance } from './entrance.ts';
import { Follower } from './follower.ts';
import { Freshness } from './freshness.ts';
import { Heartbeat } from './heartbeat.ts';
import { Outage } from './outage.ts';
import { Repeats } from './repeats.ts';
import type { Replica, VisibleChanges } from './replica.ts';
import type { RoomDeps } from './room-deps.ts';
import { Subscription } from './subscription.ts';
import { type WeddingState, weddingState } from './wedding-state.ts';

/**
 * One wedding on this pod: a replica of its state, the connections that see it, and the beat that keeps this pod's
 * lease. Whatever goes wrong (a lost message, a failover, a request without an answer), the beat finds it and either
 * takes a snapshot or repeats what this pod wanted.
 */
export class Room {
  readonly wedding: string;
  readonly #deps: RoomDeps;
  readonly #audience: Audience;
  readonly #snapshots: SnapshotFrames;
  readonly #departures: Departures;
  readonly #follower: Follower;
  readonly #subscription: Subscription;
  readonly #heartbeat: Heartbeat;
  readonly #outage: Outage;
  readonly #freshness: Freshness;
  readonly #entrance: Entrance;
  readonly #repeats: Repeats;
  readonly #bodies: Bodies;
  #requests = 0;

  constructor(wedding: string, deps: RoomDeps) {
    this.wedding = wedding;
    this.#deps = deps;
    this.#follower = this.#follow();
    const { replica } = this.#follower;
    this.#subscription = new Subscription(() => deps.store.subscribe(wedding));
    this.#snapshots = new SnapshotFrames(wedding, () => this.#snapshotParts());
    this.#audience = new Audience(wedding, {
      clock: deps.clock,
      source: {
        position: () => replica.position,
        since: (from) => (this.staleMs === undefined ? replica.since(from) : undefined),
        snapshot: (lean, id) => this.#snapshots.frame(lean, id),
        provisional: (lean) => this.#outage.frame(lean),
      },
      numbered: (users) => this.#outage.numbered(users),
      delivered: (frames) => deps.metrics.delivered(frames),
      conflated: () => deps.metrics.conflated(),
    });
    this.#heartbeat = new Heartbeat({
      ...{ clock: deps.clock, random: deps.random },
      beat: () => (replica.position === undefined ? undefined : deps.store.beat(wedding, replica.position)),
      hasReached: (position) => replica.hasReached(position),
      ...{ inStep: () => this.#inStep(), behind: () => this.#behind() },
      failed: (error) => this.#beatFailed(error),
      late: () => this.#freshness.unconfirmed(),
    });
    this.#freshness = new Freshness(wedding, this.#heartbeat, this.#audience);
    this.#outage = new Outage({
      ...{ wedding, replica, audience: this.#audience, peers: deps.peers },
      ...{ incarnation: deps.incarnation, clock: deps.clock, ageMs: () => this.#heartbeat.ageMs },
      wantedOf: (id) => this.#audience.get(id)?.membership ?? this.#departures.owed.get(id),
    });
    const confirm: BodiesDeps['confirm'] = (connection, work) =>
      this.#request(() => this.#outage.confirm(connection, work));
    this.#departures = new Departures({ wedding, store: deps.store, replica, confirm });
    this.#entrance = new Entrance({
      ...{ wedding, store: deps.store, metrics: deps.metrics },
      ...{ follower: this.#follower, subscription: this.#subscription, outage: this.#outage },
      isStale: () => this.staleMs !== undefined,
    });
    this.#bodies = new Bodies({
      ...{ wedding, store: deps.store, replica, audience: this.#audience, clock: deps.clock, confirm },
      renewed: (position, atMs) => this.#heartbeat.noteRenewed(position, atMs),
    });
    this.#repeats = new Repeats({
      ...{ incarnation: deps.incarnation, replica, audience: this.#audience, departures: this.#departures },
      repeated: () => deps.metrics.resynced('repeat'),
      put: (membership) => {
        const replaced = this.#outage.replacedBy(membership.connection);
        const entered = this.#request(() =>
          deps.store.enter(wedding, replica.position, membership, replaced),
        );
        // The message of the removal was lost.
        entered.catch((error: unknown) => {
          if (error instanceof PersonRemoved) this.#end(membership.connection, 'removed');
        });
        return entered;
      },
      failed: (error) => this.#debug(error, 'a repeated request failed'),
    });
  }

  /** What clients show; undefined while the replica was never filled. */
  current(): WeddingState | undefined {
    const { position } = this.#replica;
    const shown = { numbered: this.#replica.members(), changes: this.#outage.changes() };
    return position && weddingState({ position, ...shown, age: this.#freshness });
  }

  /** How long Redis has not confirmed the replica; undefined while that is fresh. */
  get staleMs(): number | undefined {
    return this.#freshness.staleMs;
  }

  /** People who are shown otherwise than Redis has them. */
  get provisional(): number {
    return this.#outage.shown;
  }

  /**
   * While Redis is away, who is a member already is let in on another connection. Rejects with StoreUnavailable or
   * WeddingFull; then the connection is not a member.
   */
  join(participant: Participant, resume: string | undefined, admission: Admission): Promise<void> {
    const { membership } = participant;
    const { connection } = membership;
    return this.#request(async () => {
      const entered = await this.#entrance.enter(membership, resume, admission.since);
      this.#departures.settle(connection);
      const admitted = this.#audience.admit(participant, admission);
      if (!entered) this.#outage.owe(connection, resume ?? '');
      await admitted;
    });
  }

  /** Rejects with StoreUnavailable; the new body is then repeated until Redis has it. */
  update(connection: string, body: EntryBody): Promise<Position> {
    return this.#bodies.update(connection, body);
  }

  /** Rejects with StoreUnavailable; the leave is then repeated until Redis has it. */
  leave(connection: string): Promise<Position> {
    this.#letGo(connection);
    return this.#departures.tell(connection, { kind: 'leave' });
  }

  /** The connection is gone, its person is reconnecting. Rejects as `leave` does. */
  drop(connection: string, reason: ReconnectReason): Promise<Position> {
    this.#letGo(connection);
    return this.#departures.tell(connection, { kind: 'drop', reason });
  }

  /** What a member of this pod last asked to be; undefined when the connection is not a member. */
  bodyOf(connection: string): EntryBody | undefined {
    return this.#audience.get(connection)?.membership.body;
  }

  /** Sends the whole state to one participant. */
  sendSnapshot(connection: string, id: string | undefined): void {
    this.#deps.metrics.cache('snapshot', this.staleMs === undefined ? 'hit' : 'stale');
    this.#audience.sendSnapshot(connection, id);
  }

  /** Another pod says what it wants of its members while Redis is away. */
  receiveProvisional(from: string, state: ProvisionalState): void {
    this.#outage.receive(from, state);
  }

  /** The connection has read what was sent to it. */
  catchUp(connection: string): void {
    this.#audience.catchUp(connection);
  }

  /** A change came from the channel. */
  receive(change: StateChange): void {
    this.#follower.receive(change);
  }

  /** Messages may be missing: asks now instead of at the next beat. */
  verify(): void {
    this.#heartbeat.verify();
  }

  /** Follows the wedding before anybody comes, so that the first find it ready. */
  warmUp(): void {
    if (this.#follower.following) return;
    this.#subscription.ensure().then(
      () => this.#follower.resync('warm'),
      (error: unknown) => this.#debug(error, 'not warm yet; tried again'),
    );
  }

  /** Nobody is here, and the state shows it: says so. */
  releaseIfIdle(): void {
    const isIdle = this.#audience.size === 0 && this.#requests === 0;
    if (isIdle && this.#departures.areOver(this.#deps.incarnation)) this.#deps.onIdle(this.wedding);
  }

  close(): void {
    this.#heartbeat.close();
    this.#outage.close();
    this.#audience.close();
  }

  #snapshotParts(): SnapshotParts | undefined {
    const { position } = this.#replica;
    if (position === undefined) return undefined;
    const team = this.#deps.teamOf(this.wedding);
    return { position, team, staleMs: this.staleMs, members: () => this.#replica.members() };
  }

  get #replica(): Replica {
    return this.#follower.replica;
  }

  #follow(): Follower {
    const { clock, scheduler, metrics, store } = this.#deps;
    return new Follower({
      ...{ clock, scheduler },
      snapshot: (seen) => this.#request(() => store.snapshot(this.wedding, seen)),
      applied: (change) => this.#followOwn(change),
      shown: (position, changes) => this.#tell(position, changes),
      newEpoch: (position) => this.#beginEpoch(position),
      agreed: () => {
        this.#heartbeat.noteAgreed();
        this.#outage.answered();
      },
      resyncing: (cause) => metrics.resynced(cause),
      failed: (error) => this.#debug(error, 'no snapshot; the next beat tries again'),
    });
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
      this.releaseIfIdle();
    }
  }

  #tell(position: Position, { changes, arrivalsOnly }: VisibleChanges): void {
    if (arrivalsOnly) this.#audience.tellArrivals(position, changes);
    else this.#audience.tell(position, changes);
    this.#outage.refresh();
  }

  /** What was handed on under the old numbers counts no more, and who Redis has lost is not shown: written now, not at the next beat. */
  #beginEpoch(position: Position): void {
    this.#audience.tellAll(position);
    this.#outage.toldAll();
    if (this.#outage.owes || this.#repeats.lacksMember) this.#heartbeat.verify();
  }

  /** How long a change of this pod took, and what others did to its connections. */
  #followOwn(change: StateChange): void {
    const { changes, origin } = change;
    const { incarnation, clock, metrics } = this.#deps;
    if (origin.startsWith(incarnation))
      metrics.propagated((clock.monotonicMs() - Number(origin.slice(incarnation.length))) / 1_000);
    for (const one of changes) {
      if (one.op !== 'remove') continue;
      if (one.reason === 'moved') this.#end(one.connection, 'replaced');
      else if (one.reason === 'removed') this.#end(one.connection, 'removed');
    }
    this.#bodies.hear(change);
  }

  /** Others ended the membership of this connection; tells it. */
  #end(connection: string, why: 'replaced' | 'removed'): void {
    const participant = this.#audience.get(connection);
    this.#letGo(connection);
    participant?.ended?.(why);
  }

  #letGo(connection: string): void {
    this.#audience.delete(connection);
    this.#bodies.forget(connection);
  }

  #behind(): void {
    this.#outage.answered();
    void this.#follower.resync('beat');
    this.#subscription
      .noteBehind()
      .catch((error: unknown) => this.#debug(error, 'the subscription could not be renewed'));
  }

  #beatFailed(error: unknown): void {
    this.#deps.metrics.redisRequestFailed();
    this.#debug(error, 'a beat failed');
    this.#outage.failed();
    this.#freshness.unconfirmed();
  }

  /**
   * Redis and this pod agree on the position, so a difference is real: somebody took this pod for dead, a failover
   * lost a write, or a request had no answer. Repeats what this pod wants.
   */
  #inStep(): void {
    this.#subscription.noteInStep();
    this.#outage.answered();
    this.#freshness.confirmed();
    if (this.#requests > 0) return;
    this.#repeats.start();
    this.releaseIfIdle();
  }

  #debug(error: unknown, message: string): void {
    this.#deps.log.debug({ err: error, wedding: this.wedding }, message);
  }
}
