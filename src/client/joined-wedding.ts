import type { Member } from '../api/protocol/member.ts';
import type {
  DiffMessage,
  ExpectedTeam,
  MemberChange,
  ProvisionalMessage,
  SnapshotMessage,
} from '../api/protocol/messages.ts';
import type { ConnectionState } from './connection-state.ts';
import { type Deferred, deferred } from './deferred.ts';
import { isolated } from './isolated.ts';
import type { Presence } from './presence.ts';
import { isHopeless, PresenceError } from './presence-error.ts';
import { checkedPresence } from './presence-problem.ts';
import { Published } from './published.ts';
import type { Answer, Session, WeddingMessage } from './session.ts';
import { inOrder, type WeddingSnapshot } from './wedding-snapshot.ts';
import { WeddingView } from './wedding-view.ts';
import { within } from './within.ts';

/**
 * Called at changes, as an alternative to `subscribe`. What a handler throws is reported as an error of the page (in Node on the
 * console), and stops neither the client nor other handlers. A map of members does not change after it was given.
 */
export interface WeddingHandlers {
  /** The whole list may be another one: at the join, after a reconnection, after a gap. */
  readonly onSnapshot?: (members: ReadonlyMap<string, Member>) => void;
  /** Some members changed. */
  readonly onDiff?: (changes: readonly MemberChange[], members: ReadonlyMap<string, Member>) => void;
  /** The server can no longer vouch for the list (for how many milliseconds), or can again (0). */
  readonly onFreshness?: (staleMs: number) => void;
  /** Redis is away: what servers know of their own members, shown with the rest until it is numbered or withdrawn. */
  readonly onProvisional?: (
    message: Pick<ProvisionalMessage, 'changes' | 'withdrawn' | 'staleMs'>,
    members: ReadonlyMap<string, Member>,
  ) => void;
  /** The state of this wedding changed, or why it is not `open`. */
  readonly onState?: (state: ConnectionState, reason?: PresenceError) => void;
}

/** How a wedding waits. */
export interface Timers {
  readonly delay: (ms: number) => Promise<void>;
  /** Milliseconds after which a promise that is given out rejects; without a limit when left out. */
  readonly settleWithinMs?: number;
}

/** A retry hint for errors that carry none. */
const RETRY_MS = 500;

/**
 * The diff of an update comes with its ack. It comes later while messages between servers are lost, and that is repaired within
 * 1.25 s (docs/presence.md).
 */
const SHOWN_WITHIN_MS = 2_000;

/** One wedding of a client: outlives sockets, and always wants to be what was asked for last. */
export class JoinedWedding extends Published<WeddingSnapshot> {
  /** The name of the wedding. */
  readonly wedding: string;
  readonly #handlers: WeddingHandlers;
  readonly #timers: Timers;
  readonly #view = new WeddingView();
  /** What is wanted. */
  #presence: Presence;
  /** What the server took last: a value that it refuses does not come back with each reconnection. */
  #kept: Presence;
  /** Requests go to this one, and only its numbers count: a view that moved on meanwhile would not be where the join said. */
  #session: Session | undefined;
  /** The last connection that was a member, which the next one replaces: one whose join had no answer may never have been. */
  #memberAs: string | undefined;
  /** What this one says without numbers is shown: the one before, until the newest has answered its join. */
  #shown: Session | undefined;
  #staleMs = 0;
  #joined = deferred<void>();
  /** Whether `#joined` is resolved. */
  #isJoined = false;
  /** The session that was asked for the whole state and has not given it yet. */
  #asking: Session | undefined;
  /** Resolved when Redis has kept the changes that are not sent yet. */
  #unsent: Deferred<void> | undefined;
  #sending = false;
  #ended: PresenceError | undefined;

  /** @internal */
  constructor(wedding: string, presence: Presence, handlers: WeddingHandlers, timers: Timers) {
    super(handlers.onState);
    this.wedding = wedding;
    this.#presence = checkedPresence(presence);
    this.#kept = this.#presence;
    this.#handlers = handlers;
    this.#timers = timers;
    this.#joined.promise.catch(() => {});
  }

  /** @internal */
  protected make(): WeddingSnapshot {
    const { wedding, state, reason, team, provisional } = this;
    return {
      wedding,
      state,
      reason,
      members: inOrder(this.members),
      team,
      staleMs: this.#staleMs,
      provisional,
    };
  }

  /** Everybody by user. Does not change: after a change it is another map. */
  get members(): ReadonlyMap<string, Member> {
    return this.#view.members;
  }

  /** People who are expected by role; undefined where the server does not know the wedding. */
  get team(): ExpectedTeam | undefined {
    return this.#view.team;
  }

  /** The people who are shown as a server knows them and Redis does not yet. */
  get provisional(): ReadonlySet<string> {
    return this.#view.provisional;
  }

  /** Where the view is. Views of the same wedding at the same position hold the same members. */
  get position(): { readonly epoch: string; readonly seq: number } {
    return { epoch: this.#view.epoch, seq: this.#view.seq };
  }

  /** Resolves at the next moment at which this client is a member. Rejects when it never will be. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /**
   * Changes what this member shows; resolves when the server has kept it and the own list shows it, after reconnections if need
   * be. One update is in flight at a time: of what changes meanwhile, or without a connection, only the last state is sent, once.
   *
   * Rejects with `invalid_message` what the server would refuse; then nothing has changed. Rejects with `timed_out` after
   * `settleWithinMs`; the value is still wanted then, and sent when it can be.
   *
   * @param patch what changes; a field that is left out keeps its value
   */
  async update(patch: Presence): Promise<void> {
    const checked = checkedPresence(patch);
    if (this.#ended !== undefined) throw this.#ended;
    this.#presence = { ...this.#presence, ...checked };
    this.#unsent ??= deferred<void>();
    const { promise } = this.#unsent;
    if (!this.#sending) void this.#sendUpdates();
    return this.#settled(promise, 'update: not kept');
  }

  /**
   * Stops being a member; resolves when the server has kept it, or no longer takes this client for a member: one that could
   * not confirm a leave repeats it by itself, and says `not_joined` to the next. Rejects with `timed_out` after `settleWithinMs`:
   * this client is no member then either, and others see it leave at the end of its grace period.
   */
  async leave(): Promise<void> {
    const left = new PresenceError('client_closed', 'left');
    try {
      // Without a connection that ever carried a join there is nothing to leave.
      if (this.#session !== undefined || this.#memberAs !== undefined)
        await this.#settled(
          this.#insist((session) =>
            session.request({ type: 'leave', wedding: this.wedding }).catch((error: PresenceError) => {
              if (error.code !== 'not_joined') throw error;
            }),
          ),
          'leave: not confirmed',
        );
    } catch (error) {
      const why = this.#ended ?? (error as PresenceError);
      // The newer handle of this wedding is the member now, or it was left already.
      if (why.code === 'replaced' || why.code === 'client_closed') return;
      if (why.code === 'timed_out') this.stop(left);
      throw why;
    }
    if (this.#ended === undefined) this.stop(left);
  }

  /**
   * Joins over a session; again and again while the server says that it cannot at the moment.
   * @internal
   */
  async attach(session: Session): Promise<void> {
    this.#session = session;
    while (this.#session === session && this.#ended === undefined) {
      const presence = this.#presence;
      try {
        await this.#joinOver(session, presence);
        return;
      } catch (error) {
        const why = error as PresenceError;
        if (why.code === 'invalid_message' && presence !== this.#kept) this.#giveBack(why);
        else await this.#refused(why);
      }
    }
  }

  async #joinOver(session: Session, presence: Presence): Promise<void> {
    await session.request({
      type: 'join',
      wedding: this.wedding,
      ...presence,
      ...(this.#memberAs === undefined ? {} : { resume: this.#memberAs }),
      ...(this.#view.epoch === '' ? {} : { since: this.position }),
    });
    this.#memberAs = session.connection;
    if (this.#session !== session || this.#ended !== undefined) return;
    this.#kept = presence;
    this.#isJoined = true;
    this.#joined.resolve();
    this.move('open');
  }

  /** Waits for the next attempt to join. @throws PresenceError when there is none on this connection */
  async #refused(why: PresenceError): Promise<void> {
    if (why.retryAfterMs === undefined) throw why;
    if (!this.#isJoined) this.move(this.state, why);
    await this.#pause(why);
  }

  #pause(why: unknown): Promise<void> {
    return this.#timers.delay((why as PresenceError).retryAfterMs ?? RETRY_MS);
  }

  /**
   * The socket is gone, or there is none (undefined) and the next attempt failed; until one succeeds this client is no member.
   * @internal
   */
  detach(session: Session | undefined, why?: PresenceError): void {
    if (this.#session !== session || this.#ended !== undefined) return;
    this.#session = undefined;
    this.#joinIsOpen();
    this.move(this.#memberAs === undefined ? 'connecting' : 'reconnecting', why);
  }

  /**
   * Another connection, of another client, resumed this one: goes on as a further device of the person.
   * @internal
   */
  receiveReplaced(session: Session): void {
    if (this.#session !== session) return;
    this.#memberAs = undefined;
    this.#joinAgain(session).catch(() => {});
  }

  /** The server does not take this connection for a member. Rejects with why it may not be one. */
  #joinAgain(session: Session): Promise<void> {
    this.#joinIsOpen();
    return this.attach(session);
  }

  /** From now on `joined` waits for the next join. */
  #joinIsOpen(): void {
    if (!this.#isJoined) return;
    this.#isJoined = false;
    this.#joined = deferred<void>();
    this.#joined.promise.catch(() => {});
  }

  /**
   * A newer handle of the same client is the member from now on: this one changes nothing any more.
   * @internal
   */
  supersede(): void {
    this.#end(new PresenceError('replaced', 'joined again'));
    this.#joined.resolve();
  }

  /**
   * Ends for good.
   * @internal
   */
  stop(why: PresenceError): void {
    this.#end(why);
    this.#joined.reject(why);
  }

  #end(why: PresenceError): void {
    this.#ended = why;
    this.#session = undefined;
    // An update that waits for a join learns of the end.
    this.#giveBack(why);
    this.move('closed', why);
  }

  /** @internal */
  receive(session: Session, message: WeddingMessage): void {
    if (message.type === 'snapshot') this.receiveSnapshot(session, message);
    else if (message.type === 'diff') this.receiveDiff(session, message);
    else if (message.type === 'provisional') this.receiveProvisional(session, message);
    else this.receiveFreshness(session, message.staleMs);
  }

  /** @internal */
  receiveSnapshot(session: Session, snapshot: SnapshotMessage): void {
    if (this.#session !== session) return;
    this.#shown = session;
    this.#asking = undefined;
    this.#view.replace(snapshot);
    isolated(() => this.#handlers.onSnapshot?.(this.members));
    this.changed();
    this.#noteFreshness(snapshot.staleMs ?? 0);
  }

  /** @internal */
  receiveDiff(session: Session, diff: DiffMessage): void {
    if (this.#session !== session) return;
    if (this.#shown !== session) this.#takeOver(session);
    const result = this.#view.apply(diff);
    if (result === 'applied') {
      if (diff.changes.length > 0) isolated(() => this.#handlers.onDiff?.(diff.changes, this.members));
      this.changed();
    }
    if (result === 'gap' && this.#asking !== session) void this.#askForSnapshot(session);
  }

  /** @internal */
  receiveProvisional(session: Session, message: ProvisionalMessage): void {
    if (this.#shown !== session) return;
    this.#view.showProvisional(message);
    isolated(() => this.#handlers.onProvisional?.(message, this.members));
    this.changed();
  }

  /** @internal */
  receiveFreshness(session: Session, staleMs: number): void {
    if (this.#shown === session) this.#noteFreshness(staleMs);
  }

  /** Goes on from what is shown. What another session said provisionally is said again by this one, if it still holds. */
  #takeOver(session: Session): void {
    this.#shown = session;
    const isOther = this.#view.provisional.size > 0;
    this.#view.withdrawAll();
    if (isOther) {
      isolated(() => this.#handlers.onSnapshot?.(this.members));
      this.changed();
    }
    // A server goes on from what a client holds only while its own state is fresh.
    this.#noteFreshness(0);
  }

  #noteFreshness(staleMs: number): void {
    if (staleMs === 0 && this.#staleMs === 0) return;
    this.#staleMs = staleMs;
    isolated(() => this.#handlers.onFreshness?.(staleMs));
    this.changed();
  }

  /** Once a gap: the diffs that come before the snapshot do not apply either. */
  async #askForSnapshot(session: Session): Promise<void> {
    this.#asking = session;
    while (this.#asking === session && this.#session === session) {
      try {
        await session.request({ type: 'snapshot', wedding: this.wedding });
        return;
      } catch (error) {
        await this.#pause(error);
      }
    }
  }

  async #sendUpdates(): Promise<void> {
    this.#sending = true;
    while (this.#unsent !== undefined) {
      const taken: Deferred<void>[] = [];
      let sent = this.#presence;
      try {
        // An attempt that failed for now is repeated as things are by then.
        const answer = await this.#insist((session) => {
          if (this.#unsent !== undefined) taken.push(this.#unsent);
          this.#unsent = undefined;
          sent = this.#presence;
          return session.request({ type: 'update', wedding: this.wedding, ...sent });
        });
        this.#kept = sent;
        // The next update does not wait for it.
        void this.#untilShown(answer).then(() => {
          for (const { resolve } of taken) resolve();
        });
      } catch (error) {
        if (this.#presence === sent) this.#presence = this.#kept;
        for (const { reject } of taken) reject(error);
      }
    }
    this.#sending = false;
  }

  /** What the server refuses is not wanted any more. */
  #giveBack(why: PresenceError): void {
    this.#presence = this.#kept;
    this.#unsent?.reject(why);
    this.#unsent = undefined;
  }

  async #untilShown(answer: Answer | undefined): Promise<void> {
    if (answer?.type !== 'ack') return;
    const shown = deferred<void>();
    const look = (): void => {
      const { epoch, seq } = this.#view;
      if (this.#ended !== undefined || (epoch === answer.epoch && seq >= answer.seq)) shown.resolve();
    };
    const end = this.subscribe(look);
    look();
    // Without it the server has kept the update anyway.
    await within(shown.promise, SHOWN_WITHIN_MS, 'no diff').catch(end);
    end();
  }

  #settled<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, this.#timers.settleWithinMs ?? Number.POSITIVE_INFINITY, what);
  }

  async #insist<T>(send: (session: Session) => Promise<T>): Promise<T> {
    while (this.#ended === undefined) {
      await this.#joined.promise;
      const session = this.#session;
      if (session === undefined) continue;
      try {
        return await send(session);
      } catch (error) {
        const why = error as PresenceError;
        if (isHopeless(why)) throw why;
        await this.#pause(why);
        if (why.code === 'not_joined' && this.#session === session) await this.#joinAgain(session);
      }
    }
    throw this.#ended;
  }
}
