import type { ReconnectReason } from '../api/protocol/member.ts';
import type { SnapshotMessage } from '../api/protocol/messages.ts';
import type { EntryBody } from '../domain/presence-state/entry.ts';
import { type Admission, Audience, type Participant } from './audience.ts';
import { Follower } from './follower.ts';
import { SnapshotFrames } from './frames.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Departure, type Repair, repairs } from './repairs.ts';
import type { Replica, VisibleChanges } from './replica.ts';
import type { RoomDeps } from './room-deps.ts';
import { type Position, type StateChange, StoreUnavailable } from './store.ts';
import { Subscription } from './subscription.ts';

/** Three beats without an answer: from then on people are told that what they see may be old. */
export const STALE_AFTER_MS = 3_000;

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
  readonly #departures = new Map<string, Departure>();
  readonly #follower: Follower;
  readonly #subscription: Subscription;
  readonly #heartbeat: Heartbeat;
  #requests = 0;
  #toldStale = false;

  constructor(wedding: string, deps: RoomDeps) {
    this.wedding = wedding;
    this.#deps = deps;
    this.#follower = this.#follow();
    const { replica } = this.#follower;
    this.#subscription = new Subscription(() => deps.store.subscribe(wedding));
    this.#snapshots = new SnapshotFrames(
      wedding,
      () =>
        replica.position && {
          position: replica.position,
          team: deps.teamOf(wedding),
          staleMs: this.staleMs,
          members: () => replica.members(),
        },
    );
    this.#audience = new Audience(wedding, {
      clock: deps.clock,
      source: {
        position: () => replica.position,
        since: (from) => replica.since(from),
        snapshot: (lean, id) => this.#snapshots.frame(lean, id),
      },
      delivered: (frames) => deps.metrics.delivered(frames),
      conflated: () => deps.metrics.conflated(),
    });
    this.#heartbeat = new Heartbeat({
      ...{ clock: deps.clock, random: deps.random },
      beat: () => (replica.position === undefined ? undefined : deps.store.beat(wedding, replica.position)),
      hasReached: (position) => replica.hasReached(position),
      inStep: () => this.#inStep(),
      behind: () => this.#behind(),
      failed: (error) => this.#beatFailed(error),
    });
  }

  /** What the replica holds; undefined while it was never filled. */
  current(): Omit<SnapshotMessage, 'type' | 'wedding' | 'id'> | undefined {
    const { position } = this.#replica;
    const stale = this.staleMs === undefined ? {} : { staleMs: this.staleMs };
    return position && { ...position, members: this.#replica.members(), ...stale };
  }

  /** How long Redis has not confirmed the replica; undefined while that is fresh. */
  get staleMs(): number | undefined {
    const { ageMs } = this.#heartbeat;
    return ageMs > STALE_AFTER_MS ? ageMs : undefined;
  }

  /** Rejects with StoreUnavailable or WeddingFull; then the connection is not a member. */
  join(participant: Participant, resume: string | undefined, admission: Admission): Promise<void> {
    const { membership } = participant;
    return this.#request(async () => {
      await this.#subscription.ensure();
      const { store, metrics } = this.#deps;
      if (!this.#follower.following || this.staleMs !== undefined) {
        metrics.cache('snapshot', 'miss');
        this.#follower.install(await store.join(this.wedding, this.#replica.position, membership, resume));
      } else {
        const seen = this.#replica.position;
        const reached = await this.#follower.reach(await store.enter(this.wedding, seen, membership, resume));
        metrics.cache('snapshot', reached ? 'hit' : 'miss');
        if (!reached && !(await this.#follower.resync('join')))
          throw new StoreUnavailable('the state did not come');
      }
      this.#departures.delete(membership.connection);
      await this.#audience.admit(participant, admission);
    });
  }

  /** Rejects with StoreUnavailable; the new body is then repeated until Redis has it. */
  update(connection: string, body: EntryBody): Promise<Position> {
    const participant = this.#audience.get(connection);
    if (participant === undefined) throw new Error('update of a connection that has not joined');
    const membership = { ...participant.membership, body };
    this.#audience.replace({ ...participant, membership });
    const at = this.#deps.clock.monotonicMs();
    return this.#request(async () => {
      const position = await this.#deps.store.update(this.wedding, this.#replica.position, membership);
      this.#heartbeat.noteRenewed(position, at);
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
    const participant = this.#audience.get(connection);
    this.#deps.metrics.cache('snapshot', this.staleMs === undefined ? 'hit' : 'stale');
    participant?.deliver(this.#snapshots.frame(participant.lean, id));
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

  /** Nobody is here and nothing is owed: says so. */
  releaseIfIdle(): void {
    const isIdle = this.#audience.size === 0 && this.#departures.size === 0 && this.#requests === 0;
    if (isIdle) this.#deps.onIdle(this.wedding);
  }

  close(): void {
    this.#heartbeat.close();
    this.#audience.close();
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
      newEpoch: (position) => this.#audience.tellAll(position),
      agreed: () => this.#heartbeat.noteAgreed(),
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

  #tell(position: Position, { changes, arrivalsOnly }: VisibleChanges): void {
    if (arrivalsOnly) this.#audience.tellArrivals(position, changes);
    else this.#audience.tell(position, changes);
  }

  /** How long a change of this pod took, and what others did to its connections. */
  #followOwn({ changes, origin }: StateChange): void {
    const [incarnation, startedAt] = origin.split(' ');
    if (incarnation === this.#deps.incarnation)
      this.#deps.metrics.propagated((this.#deps.clock.monotonicMs() - Number(startedAt)) / 1_000);
    for (const one of changes) {
      if (one.op === 'remove') {
        if (one.reason === 'moved') this.#audience.delete(one.connection);
        continue;
      }
      const participant =
        one.onBehalf && this.#requests === 0 ? this.#audience.get(one.connection) : undefined;
      if (participant === undefined) continue;
      const membership = { ...participant.membership, body: one.entry.body };
      this.#audience.replace({ ...participant, membership });
    }
  }

  #behind(): void {
    void this.#follower.resync('beat');
    this.#subscription
      .noteBehind()
      .catch((error: unknown) => this.#debug(error, 'the subscription could not be renewed'));
  }

  #beatFailed(error: unknown): void {
    this.#deps.metrics.redisRequestFailed();
    this.#debug(error, 'a beat failed');
    if (this.staleMs !== undefined) this.#announceFreshness(this.staleMs);
  }

  /** People are told when what they see grows old, and when it is fresh again. */
  #announceFreshness(staleMs: number): void {
    if (staleMs > 0 === this.#toldStale) return;
    this.#toldStale = staleMs > 0;
    this.#audience.announce({ type: 'freshness', wedding: this.wedding, staleMs: Math.round(staleMs) });
  }

  /**
   * Redis and this pod agree on the position, so a difference is real: somebody took this pod for dead, a failover
   * lost a write, or a request had no answer. Repeats what this pod wants.
   */
  #inStep(): void {
    this.#subscription.noteInStep();
    this.#announceFreshness(0);
    if (this.#requests > 0) return;
    const wanted = {
      members: this.#audience.memberships(),
      departures: this.#departures,
      incarnation: this.#deps.incarnation,
    };
    for (const repair of repairs(this.#replica.entries, wanted)) this.#carryOut(repair);
    this.releaseIfIdle();
  }

  #carryOut(repair: Repair): void {
    if (repair.kind === 'settled') {
      this.#departures.delete(repair.connection);
      return;
    }
    this.#deps.metrics.resynced('repeat');
    const repeated =
      repair.kind === 'depart'
        ? this.#depart(repair.connection, repair.departure)
        : this.#request(() =>
            this.#deps.store.update(this.wedding, this.#replica.position, repair.membership),
          );
    repeated.catch((error: unknown) => this.#debug(error, 'a repeated request failed'));
  }

  #debug(error: unknown, message: string): void {
    this.#deps.log.debug({ err: error, wedding: this.wedding }, message);
  }
}
