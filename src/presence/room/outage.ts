import { leanChange } from '../../api/protocol/lean-member.ts';
import type { MemberChange, ProvisionalMessage } from '../../api/protocol/messages.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { ProvisionalOverlay } from '../../domain/presence-state/provisional-overlay.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { Broadcast } from '../frames/frames.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import type { Peers } from '../peers/peers.ts';
import { DeadlinePassed, withDeadline } from '../store/deadline.ts';
import { type Position, StoreUnavailable } from '../store/store.ts';
import type { Audience } from './audience.ts';
import { userOf } from './held-changes.ts';
import { OwnState, type WantedOf } from './own-state.ts';
import type { Replica } from './replica.ts';

export interface OutageDeps {
  readonly wedding: string;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly replica: Replica;
  readonly audience: Pick<Audience, 'tellProvisional' | 'holds'>;
  readonly peers: Pick<Peers, 'hand'>;
  readonly wantedOf: WantedOf;
  /** Milliseconds since Redis confirmed the replica. */
  readonly ageMs: () => number;
}

/**
 * Without an answer for so long a change is shown before it is numbered. In two halves: after a turn of the event loop
 * that took long, timers are due before the answers that have come meanwhile are read.
 */
const HALF_OF_PATIENCE_MS = 125;
/** Then the client is told that Redis does not answer; what it asked for goes on. */
const ANSWERED_WITHIN_MS = 1_000;
/** Changes of a wedding that are handed to peers together. */
const TOGETHER_MS = 20;
/** How often everything is said again, for those who missed it or came later. */
const SAID_EVERY_MS = 1_000;
/** What a pod did not say again for so long does not hold: it died, or cannot be reached. */
const BELIEVED_FOR_MS = 3_500;

const AWAY = 'Redis is away; this server keeps the change and repeats it';

/**
 * One wedding while its shard is away: what this pod's members did and Redis has not taken is shown to clients here and
 * handed to the pods that serve the wedding, over the numbered state and never into it. What is numbered later wins.
 */
export class Outage {
  readonly #deps: OutageDeps;
  readonly #own: OwnState;
  readonly #overlay = new ProvisionalOverlay();
  /** By user: what holds, and what clients were told. */
  #shown: ReadonlyMap<string, MemberChange> = new Map();
  readonly #told = new Map<string, MemberChange>();
  /** What this pod wants and Redis has not taken, as of the last refresh. */
  #mine: ProvisionalState | undefined;
  #counter = 0;
  #saidAny = false;
  #away = false;
  #slow = false;
  #cancelSay: Cancel | undefined;
  #cancelTick: Cancel | undefined;

  constructor(deps: OutageDeps) {
    this.#deps = deps;
    this.#own = new OwnState(deps.incarnation);
  }

  /** Redis is known not to answer for this wedding. */
  get away(): boolean {
    return this.#away;
  }

  /** Whether something of this pod waits to be numbered. */
  get owes(): boolean {
    return this.#own.size > 0;
  }

  /** People who are shown otherwise than they are numbered. */
  get shown(): number {
    return this.#shown.size;
  }

  /** What is shown over the numbered state. */
  changes(): readonly MemberChange[] {
    return [...this.#shown.values()];
  }

  /** The connection that one let in without Redis replaces; empty for none. */
  replacedBy(connection: string): string {
    return this.#own.replacedBy(connection);
  }

  /** Does the join of somebody who is a member already; false when Redis is away, so that it has to do without. */
  async entered(connection: string, request: () => Promise<void>): Promise<boolean> {
    if (this.#away) return false;
    try {
      await this.confirm(connection, request);
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailable) return false;
      throw error;
    }
  }

  /**
   * Does a request for a connection of this pod; what Redis does not confirm soon is shown and handed on. Rejects with
   * StoreUnavailable when there is no answer within a second; the request itself may go on.
   */
  async confirm<T>(connection: string, request: () => Promise<T>): Promise<T> {
    if (this.#away) {
      this.owe(connection);
      throw new StoreUnavailable(AWAY);
    }
    const { clock } = this.#deps;
    const late = (): void => {
      this.#slow = true;
      this.owe(connection);
    };
    let cancel = clock.setTimeout(() => {
      cancel = clock.setTimeout(late, HALF_OF_PATIENCE_MS);
    }, HALF_OF_PATIENCE_MS);
    if (this.#slow) this.owe(connection);
    try {
      const asked = request();
      asked.then(
        () => this.answered(),
        () => {},
      );
      return await withDeadline(asked, ANSWERED_WITHIN_MS, clock);
    } catch (error) {
      const unconfirmed = error instanceof StoreUnavailable || error instanceof DeadlinePassed;
      if (!unconfirmed) throw error;
      this.failed();
      this.owe(connection);
      throw error instanceof StoreUnavailable ? error : new StoreUnavailable(AWAY);
    } finally {
      cancel();
    }
  }

  /** Redis answered for this wedding. */
  answered(): void {
    this.#away = false;
    this.#slow = false;
  }

  /** Redis did not answer for this wedding. Without a replica there is nothing to go on with. */
  failed(): void {
    this.#away = this.#deps.replica.position !== undefined;
  }

  /** Redis has not confirmed what this connection wants. */
  owe(connection: string, joins?: string): void {
    this.#own.owe(connection, joins);
    this.refresh();
    this.#sayLater();
  }

  /** A peer says what it wants of its members. */
  receive(from: string, state: ProvisionalState): void {
    const until = this.#deps.clock.monotonicMs() + BELIEVED_FOR_MS;
    if (this.#overlay.take(from, state, until)) this.refresh();
  }

  /** Diffs of these users went out: clients show them as numbered. */
  numbered(users: Iterable<string>): void {
    if (this.#told.size === 0) return;
    for (const user of users) this.#told.delete(user);
    this.refresh();
  }

  /** Everybody got the whole numbered state. */
  toldAll(): void {
    this.#told.clear();
    this.refresh();
  }

  /** Compares what holds with what clients were told. To be called whenever the replica has moved. */
  refresh(): void {
    const { replica, clock } = this.#deps;
    const { position, entries } = replica;
    if (position === undefined || this.#isIdle) return;
    this.#overlay.expire(clock.monotonicMs());
    this.#takeOwn(position);
    this.#shown = this.#overlay.changes({ ...position, entries });
    this.#tell();
    this.#tickLater();
  }

  /** All that holds, for somebody who has the numbered state only. */
  frame(lean: boolean): SharedFrame | undefined {
    if (this.#shown.size === 0) return undefined;
    return new Broadcast((each) => this.#encode(this.changes(), [], each)).frame(lean);
  }

  close(): void {
    this.#cancelSay?.();
    this.#cancelTick?.();
    this.#cancelSay = undefined;
    this.#cancelTick = undefined;
  }

  get #isIdle(): boolean {
    const nothingTold = this.#told.size === 0 && this.#shown.size === 0;
    return nothingTold && this.#own.size === 0 && this.#overlay.isEmpty;
  }

  #takeOwn(position: Position): void {
    const { replica, incarnation, wantedOf, clock } = this.#deps;
    const values = this.#own.values(replica.entries, wantedOf, clock.now().getTime());
    this.#mine = { ...position, counter: ++this.#counter, values };
    this.#overlay.take(incarnation, this.#mine, Number.POSITIVE_INFINITY);
    if (values.length === 0 && this.#saidAny) this.#sayLater();
  }

  #tell(): void {
    const changes = [...this.#shown].flatMap(([user, change]) =>
      isSame(change, this.#told.get(user)) ? [] : [change],
    );
    // A numbered change that is about to be told takes the provisional one away by itself, without an older one between.
    const withdrawn = [...this.#told.keys()].filter(
      (user) => !this.#shown.has(user) && !this.#deps.audience.holds(user),
    );
    if (changes.length === 0 && withdrawn.length === 0) return;
    for (const user of withdrawn) this.#told.delete(user);
    for (const change of changes) this.#told.set(userOf(change), change);
    this.#deps.audience.tellProvisional((lean) => this.#encode(changes, withdrawn, lean));
  }

  #encode(changes: readonly MemberChange[], withdrawn: readonly string[], lean: boolean): string {
    const message: ProvisionalMessage = {
      type: 'provisional',
      wedding: this.#deps.wedding,
      staleMs: Math.max(1, Math.round(this.#deps.ageMs())),
      ...{ changes, withdrawn },
    };
    return JSON.stringify(lean ? { ...message, changes: changes.map(leanChange) } : message);
  }

  #sayLater(): void {
    this.#cancelSay ??= this.#deps.clock.setTimeout(() => {
      this.#cancelSay = undefined;
      this.#say();
    }, TOGETHER_MS);
  }

  /** To the pods that serve the wedding: those of its members, and those that speak of it. */
  #say(): void {
    const { wedding, replica, peers, incarnation } = this.#deps;
    const mine = this.#mine;
    if (mine === undefined || (mine.values.length === 0 && !this.#saidAny)) return;
    this.#saidAny = mine.values.length > 0;
    const pods = [...replica.entries.values()].map(({ pod }) => pod);
    const to = new Set([...this.#overlay.writers, ...pods]);
    to.delete(incarnation);
    peers.hand(wedding, mine, to);
  }

  /** Forgets what others did not say again, and says all of its own. */
  #tickLater(): void {
    if (this.#isIdle) return;
    this.#cancelTick ??= this.#deps.clock.setTimeout(() => {
      this.#cancelTick = undefined;
      this.refresh();
      this.#say();
    }, SAID_EVERY_MS);
  }
}

function isSame(one: MemberChange, other: MemberChange | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
