import type {
  DiffMessage,
  MemberChange,
  ServerMessage,
  SnapshotMessage,
} from '../../api/protocol/messages.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { encodeDiff, encodeProvisional, MessageFrames, SnapshotFrames } from '../frames/frames.ts';
import { SharedFrame } from '../frames/shared-frame.ts';
import type { Membership, Position } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import { CoalescedChanges } from './coalesced-changes.ts';
import { type ProvisionalDelta, ProvisionalView } from './provisional-view.ts';
import type { Replica } from './replica.ts';
import type { Staleness } from './staleness.ts';

/** Takes the frames of one client. */
export interface FrameSink {
  deliver(frame: SharedFrame): void;
  /** More than the limit is unread: further changes would only grow old in the buffer. */
  congested(): boolean;
}

/**
 * Why a membership ended without a request of its client: another connection resumed it, a planner removed the person, or
 * Redis had no place for a connection that was admitted while Redis was away.
 */
export type EndReason = 'replaced' | 'removed' | 'too_many_devices' | 'wedding_full';

/** Hears that a membership has ended without a request of its client. */
export interface MembershipListener {
  ended(wedding: string, reason: EndReason): void;
}

/** A connection of this pod in a room. */
export interface Subscriber {
  /** What this pod wants the connection to be; replaced by each update. */
  membership: Membership;
  /** The client asked for members in the lean form. */
  readonly lean: boolean;
  readonly sink: FrameSink;
  readonly listener?: MembershipListener;
}

/** The parameters of a join that decide what the client is sent. */
export interface Admission {
  readonly id: string | undefined;
  /** Replaces another connection, so it is answered at once. */
  readonly resumes: boolean;
  /** The position that the client already has. */
  readonly since: Position | undefined;
}

export interface BroadcastDeps {
  readonly wedding: string;
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly replica: Pick<Replica, 'position' | 'since' | 'members'>;
  readonly staleness: Pick<Staleness, 'ageMs' | 'staleMs'>;
  /** The people who are expected; undefined when the wedding is not known. */
  readonly teamOf: (wedding: string) => SnapshotMessage['team'];
  readonly metrics: Pick<PresenceMetrics, 'delivered' | 'conflated'>;
}

/**
 * After one arrival was sent, arrivals within this time are sent together, and get their snapshots together. When 50
 * people come at once, one message per arrival and member would be more than a thousand messages.
 */
export const ARRIVAL_WINDOW_MS = 50;

/** Whether a subscriber gets changes at the moment. */
type Delivery =
  | { readonly kind: 'live'; readonly subscriber: Subscriber }
  /** Joined within the window after another arrival: gets its snapshot when the window ends. */
  | {
      readonly kind: 'waiting';
      readonly subscriber: Subscriber;
      readonly id: string | undefined;
      readonly admitted: () => void;
    }
  /** Reads too slowly; `from` is the last position it was sent, undefined when only a snapshot helps. */
  | { readonly kind: 'behind'; readonly subscriber: Subscriber; readonly from: Position | undefined };

/**
 * Sends the state of one wedding to the subscribers of this pod: numbered diffs, snapshots, and the provisional changes
 * that are shown over the numbered state while Redis is away. Each message is encoded once for all subscribers.
 */
export class Broadcast {
  readonly #deps: BroadcastDeps;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #snapshots: SnapshotFrames;
  readonly #coalesced = new CoalescedChanges();
  readonly #provisional = new ProvisionalView();
  /** The sequence number of the last diff or snapshot that all live subscribers were sent. */
  #sentSeq = 0;
  #announcedStale = false;
  /** Set while the window after an arrival is open. */
  #cancelWindow: Cancel | undefined;

  constructor(deps: BroadcastDeps) {
    this.#deps = deps;
    this.#snapshots = new SnapshotFrames(deps.wedding, () => {
      const { wedding, replica, staleness, teamOf } = deps;
      const { position } = replica;
      if (position === undefined) return undefined;
      const { staleMs } = staleness;
      return { position, team: teamOf(wedding), staleMs, members: () => replica.members() };
    });
  }

  get size(): number {
    return this.#deliveries.size;
  }

  get(connection: string): Subscriber | undefined {
    return this.#deliveries.get(connection)?.subscriber;
  }

  memberships(): Membership[] {
    return [...this.#deliveries.values()].map(({ subscriber }) => subscriber.membership);
  }

  /** Changes that are shown on top of the numbered state. */
  get provisional(): Pick<ProvisionalView, 'changes' | 'size' | 'isEmpty'> {
    return this.#provisional;
  }

  /** Resolves when the subscriber was sent the current state; from then on it gets every change. */
  admit(subscriber: Subscriber, { id, since, resumes }: Admission): Promise<void> {
    const { connection } = subscriber.membership;
    this.detach(connection);
    const delta = since === undefined ? undefined : this.#delta(since, { id });
    if (delta === undefined && !resumes && this.#cancelWindow !== undefined) {
      return new Promise((admitted) =>
        this.#deliveries.set(connection, { kind: 'waiting', subscriber, id, admitted }),
      );
    }
    this.#deliveries.set(connection, { kind: 'live', subscriber });
    this.#sendState(subscriber, delta, id);
    if (!resumes && this.#cancelWindow === undefined) this.#openWindow();
    return Promise.resolve();
  }

  /** Sends the whole state to one subscriber. */
  sendSnapshot(connection: string, id: string | undefined): void {
    const subscriber = this.get(connection);
    if (subscriber !== undefined) this.#sendState(subscriber, undefined, id);
  }

  /** The connection is no longer a member here: it gets nothing more. */
  detach(connection: string): void {
    const delivery = this.#deliveries.get(connection);
    this.#deliveries.delete(connection);
    if (delivery?.kind === 'waiting') delivery.admitted();
  }

  /**
   * Sends numbered changes. A position without visible changes is not sent: the next diff covers its number. Arrivals are
   * sent at once when the window is closed, otherwise together at its end.
   */
  publish(position: Position, changes: readonly MemberChange[], arrivalsOnly: boolean): void {
    if (changes.length === 0) return;
    if (!arrivalsOnly && changes.length === 1 && this.#coalesced.isEmpty) {
      this.#sendDiff(position, changes);
      return;
    }
    this.#coalesced.add(position, changes);
    if (arrivalsOnly && this.#cancelWindow !== undefined) return;
    this.#flush();
    if (arrivalsOnly) this.#openWindow();
  }

  /** Sends a snapshot to all: a new epoch, whose numbers cannot be compared with those before. */
  publishSnapshot(position: Position): void {
    this.#coalesced.clear();
    this.#provisional.noteSnapshot();
    this.#sentSeq = position.seq;
    this.#deliver(undefined, (lean) => this.#snapshots.frame(lean, undefined).text);
  }

  /** From now on these changes hold over the numbered state; sends what clients do not show yet. */
  publishProvisional(changes: ReadonlyMap<string, MemberChange>): void {
    this.#provisional.replace(changes);
    this.#sendProvisional();
  }

  /** Announces once that the state is stale, when it is. */
  announceIfStale(): void {
    const { staleMs } = this.#deps.staleness;
    if (staleMs === undefined || this.#announcedStale) return;
    this.#announcedStale = true;
    this.#announceStaleness(Math.round(staleMs));
  }

  /** Announces that the state is fresh again, after it was announced as stale. */
  announceFresh(): void {
    if (!this.#announcedStale) return;
    this.#announcedStale = false;
    this.#announceStaleness(0);
  }

  /** The client has read everything in its buffer: one frame brings a slow reader up to date. */
  catchUp(connection: string): void {
    const delivery = this.#deliveries.get(connection);
    if (delivery?.kind !== 'behind' || delivery.subscriber.sink.congested()) return;
    const { subscriber, from } = delivery;
    const delta = from === undefined ? undefined : this.#delta(from, { conflated: true });
    this.#deliveries.set(connection, { kind: 'live', subscriber });
    this.#deps.metrics.conflated();
    this.#sendState(subscriber, delta, undefined);
  }

  close(): void {
    this.#coalesced.clear();
    this.#cancelWindow?.();
    this.#cancelWindow = undefined;
    for (const connection of [...this.#deliveries.keys()]) this.detach(connection);
  }

  #announceStaleness(staleMs: number): void {
    const message: ServerMessage = { type: 'freshness', wedding: this.#deps.wedding, staleMs };
    const frame = new SharedFrame(JSON.stringify(message));
    for (const [connection, { kind, subscriber }] of this.#deliveries) {
      if (kind === 'live') subscriber.sink.deliver(frame);
      // The snapshot that a slow reader gets instead carries the same.
      else if (kind === 'behind') this.#deliveries.set(connection, { kind, subscriber, from: undefined });
    }
  }

  #openWindow(): void {
    this.#cancelWindow = this.#deps.clock.setTimeout(() => {
      this.#cancelWindow = undefined;
      // First the present subscribers: the snapshots of those who wait contain what is sent now.
      const flushed = this.#flush();
      if (flushed && !this.#provisional.isEmpty) this.#sendProvisional();
      const admitted = this.#admitWaiting();
      if (flushed || admitted) this.#openWindow();
    }, ARRIVAL_WINDOW_MS);
  }

  #admitWaiting(): boolean {
    let any = false;
    for (const [connection, delivery] of this.#deliveries) {
      if (delivery.kind !== 'waiting') continue;
      any = true;
      const { subscriber, id, admitted } = delivery;
      this.#deliveries.set(connection, { kind: 'live', subscriber });
      this.#sendState(subscriber, undefined, id);
      admitted();
    }
    return any;
  }

  /** Brings one subscriber to the current state: a delta or a snapshot, then the provisional changes over it. */
  #sendState(subscriber: Subscriber, delta: MessageFrames | undefined, id: string | undefined): void {
    const { lean, sink } = subscriber;
    sink.deliver(delta === undefined ? this.#snapshots.frame(lean, id) : delta.frame(lean));
    if (this.#provisional.size === 0) return;
    const { changes } = this.#provisional;
    sink.deliver(new SharedFrame(this.#encodeProvisional({ changes, withdrawn: [] }, lean)));
  }

  /**
   * One diff from a position to the current one. Undefined when the replica does not know the changes, or when it is stale:
   * only a snapshot carries the age of the state.
   */
  #delta(
    from: Position,
    more: { readonly id?: string | undefined; readonly conflated?: true },
  ): MessageFrames | undefined {
    const { wedding, replica, staleness } = this.#deps;
    const { position } = replica;
    const changes = staleness.staleMs === undefined ? replica.since(from) : undefined;
    if (position === undefined || changes === undefined) return undefined;
    const { epoch, seq } = position;
    const { id, conflated } = more;
    return new MessageFrames((lean) =>
      encodeDiff(
        {
          type: 'diff',
          ...(id === undefined ? {} : { id }),
          wedding,
          epoch,
          prev: from.seq,
          seq,
          changes,
          ...(conflated === undefined ? {} : { conflated }),
        },
        lean,
      ),
    );
  }

  /** Sends the coalesced changes as one diff; false when there are none. */
  #flush(): boolean {
    const coalesced = this.#coalesced.take();
    if (coalesced !== undefined) this.#sendDiff(coalesced.position, coalesced.changes);
    return coalesced !== undefined;
  }

  #sendDiff({ epoch, seq }: Position, changes: readonly MemberChange[]): void {
    const prev = this.#sentSeq;
    const diff: DiffMessage = { type: 'diff', wedding: this.#deps.wedding, epoch, prev, seq, changes };
    this.#sentSeq = seq;
    this.#deliver({ epoch, seq: prev }, (lean) => encodeDiff(diff, lean));
    this.#provisional.noteNumbered(changes);
  }

  /** Has no number: a slow reader gets all provisional changes with its next snapshot. */
  #sendProvisional(): void {
    const unsent = this.#provisional.takeUnsent((user) => this.#coalesced.has(user));
    if (unsent === undefined) return;
    for (const [connection, { kind, subscriber }] of this.#deliveries)
      if (kind === 'behind') this.#deliveries.set(connection, { kind, subscriber, from: undefined });
    this.#deliver(undefined, (lean) => this.#encodeProvisional(unsent, lean));
  }

  #encodeProvisional({ changes, withdrawn }: ProvisionalDelta, lean: boolean): string {
    const { wedding, staleness } = this.#deps;
    const staleMs = Math.max(1, Math.round(staleness.ageMs));
    return encodeProvisional({ type: 'provisional', wedding, staleMs, changes, withdrawn }, lean);
  }

  /** @param before the position of all live subscribers before this frame */
  #deliver(before: Position | undefined, encode: (lean: boolean) => string): void {
    const frames = new MessageFrames(encode);
    let delivered = 0;
    this.#deliveries.forEach(({ kind, subscriber }, connection) => {
      if (kind !== 'live') return;
      if (subscriber.sink.congested()) {
        this.#deliveries.set(connection, { kind: 'behind', subscriber, from: before });
        return;
      }
      subscriber.sink.deliver(frames.frame(subscriber.lean));
      delivered++;
    });
    this.#deps.metrics.delivered(delivered);
  }
}
