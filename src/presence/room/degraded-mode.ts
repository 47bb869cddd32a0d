import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { ProvisionalOverlay } from '../../domain/presence-state/provisional-overlay.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Peers } from '../peers/peers.ts';
import type { Position } from '../store/store.ts';
import type { Broadcast } from './broadcast.ts';
import type { PendingLeave } from './reconciler.ts';
import type { Replica } from './replica.ts';
import { UnackedState } from './unacked-state.ts';

export interface DegradedModeDeps {
  readonly wedding: string;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly replica: Pick<Replica, 'position' | 'entries'>;
  readonly broadcast: Pick<Broadcast, 'get' | 'publishProvisional' | 'provisional'>;
  /** Leaves that Redis has not acknowledged, by connection. */
  readonly leaves: ReadonlyMap<string, PendingLeave>;
  readonly peers: Pick<Peers, 'publish'>;
}

/** Changes of one wedding within this time are sent to peers together. */
const COALESCE_MS = 20;
/** The whole state is sent to peers this often, for pods that missed it or came later. */
const REPEAT_EVERY_MS = 1_000;
/** A peer's state that was not repeated for this long no longer holds: the pod died or cannot be reached. */
const PEER_STATE_TTL_MS = 3_500;

/**
 * One wedding while its shard is away: changes of this pod's members that Redis has not acknowledged are shown to clients
 * here and sent to the pods that serve the wedding, over the numbered state and never in it. A later number wins.
 * Nothing of it runs while Redis acknowledges in time.
 */
export class DegradedMode {
  readonly #deps: DegradedModeDeps;
  readonly #unacked: UnackedState;
  readonly #overlay = new ProvisionalOverlay();
  /** What this pod wants and Redis has not acknowledged, as of the last refresh. */
  #own: ProvisionalState | undefined;
  #counter = 0;
  /** Peers hold a state of this pod that is not empty. */
  #published = false;
  #active = false;
  #cancelPublish: Cancel | undefined;
  #cancelTick: Cancel | undefined;

  constructor(deps: DegradedModeDeps) {
    this.#deps = deps;
    this.#unacked = new UnackedState(deps.incarnation);
  }

  /** Something is unacknowledged or shown provisionally, so `refresh` has to follow every change of the replica. */
  get active(): boolean {
    return this.#active;
  }

  /** Whether a connection of this pod waits for an acknowledgement. */
  get hasPending(): boolean {
    return this.#unacked.size > 0;
  }

  /** The connection that one admitted without Redis replaces; empty for none. */
  replacedBy(connection: string): string {
    return this.#unacked.replacedBy(connection);
  }

  /**
   * Redis has not acknowledged what this pod wants of a connection.
   *
   * @param replaces for a connection that Redis does not know: the connection it replaces, or an empty text
   */
  markPending(connection: string, replaces?: string): void {
    this.#unacked.markPending(connection, replaces);
    this.#active = true;
    this.refresh();
    this.#publishSoon();
  }

  /** A peer sent what it wants of its members. */
  receive(from: string, state: ProvisionalState): void {
    const until = this.#deps.clock.monotonicMs() + PEER_STATE_TTL_MS;
    if (!this.#overlay.take(from, state, until)) return;
    this.#active = true;
    this.refresh();
  }

  /** Compares what holds with what clients show. To be called when the replica has moved while this is active. */
  refresh(): void {
    const { replica, clock, broadcast } = this.#deps;
    const { position, entries } = replica;
    if (position === undefined || !this.#active) return;
    this.#overlay.expire(clock.monotonicMs());
    this.#collectOwn(position);
    broadcast.publishProvisional(
      this.#overlay.changes({ epoch: position.epoch, seq: position.seq, entries }),
    );
    this.#active = this.#unacked.size > 0 || !this.#overlay.isEmpty || !broadcast.provisional.isEmpty;
    if (this.#active) this.#tickLater();
  }

  close(): void {
    this.#cancelPublish?.();
    this.#cancelTick?.();
    this.#cancelPublish = undefined;
    this.#cancelTick = undefined;
  }

  #desiredOf(connection: string) {
    return this.#deps.broadcast.get(connection)?.membership ?? this.#deps.leaves.get(connection);
  }

  #collectOwn({ epoch, seq }: Position): void {
    const { replica, incarnation, clock } = this.#deps;
    const desiredOf = (connection: string) => this.#desiredOf(connection);
    const values = this.#unacked.values(replica.entries, desiredOf, clock.now().getTime());
    this.#own = { epoch, seq, counter: ++this.#counter, values };
    this.#overlay.take(incarnation, this.#own, Number.POSITIVE_INFINITY);
    if (values.length === 0 && this.#published) this.#publishSoon();
  }

  #publishSoon(): void {
    this.#cancelPublish ??= this.#deps.clock.setTimeout(() => {
      this.#cancelPublish = undefined;
      this.#publish();
    }, COALESCE_MS);
  }

  /** Sends to the pods that serve the wedding: the pods of its members, and those that sent a state of it. */
  #publish(): void {
    const { wedding, replica, peers, incarnation } = this.#deps;
    const own = this.#own;
    if (own === undefined || (own.values.length === 0 && !this.#published)) return;
    this.#published = own.values.length > 0;
    const to = new Set(this.#overlay.writers);
    for (const { pod } of replica.entries.values()) to.add(pod);
    to.delete(incarnation);
    peers.publish(wedding, own, to);
  }

  /** Expires the states of silent peers, and repeats this pod's own. */
  #tickLater(): void {
    this.#cancelTick ??= this.#deps.clock.setTimeout(() => {
      this.#cancelTick = undefined;
      this.refresh();
      this.#publish();
    }, REPEAT_EVERY_MS);
  }
}
