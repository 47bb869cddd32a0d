import type { Member } from '../api/protocol/member.ts';
import type {
  DiffMessage,
  MemberChange,
  ProvisionalMessage,
  SnapshotMessage,
} from '../api/protocol/messages.ts';
import { type Deferred, deferred } from './deferred.ts';
import { PresenceError } from './presence-error.ts';
import { presenceProblem } from './presence-problem.ts';
import type { Session } from './session.ts';
import { WeddingView } from './wedding-view.ts';

/** What a member shows of itself. */
export interface Presence {
  /** At most 64 characters. `null` removes it. */
  readonly status?: string | null;
  /** What JSON can hold, at most 2,048 bytes and 16 levels. `null` removes it. */
  readonly data?: unknown;
}

export interface WeddingHandlers {
  /** Replaces the whole state that is shown: at the join, after a reconnection, after a gap. */
  readonly onSnapshot?: (members: ReadonlyMap<string, Member>) => void;
  /** The server can no longer vouch for what is shown (for how long), or can again (0). */
  readonly onFreshness?: (staleMs: number) => void;
  /** Redis is away: what servers know of their own members, shown with the rest until it is numbered or withdrawn. */
  readonly onProvisional?: (
    message: Pick<ProvisionalMessage, 'changes' | 'withdrawn' | 'staleMs'>,
    members: ReadonlyMap<string, Member>,
  ) => void;
  readonly onDiff?: (changes: readonly MemberChange[], members: ReadonlyMap<string, Member>) => void;
}

export interface Timers {
  readonly delay: (ms: number) => Promise<void>;
}

/** A retry hint for errors that carry none. */
const RETRY_MS = 500;

/** Codes of an update or leave that is worth repeating. */
const PASSING: ReadonlySet<PresenceError['code']> = new Set([
  'disconnected',
  'unavailable',
  'not_joined',
  'rate_limited',
  'draining',
  'internal',
]);

/** One wedding of a client: outlives sockets, and always wants to be what was asked for last. */
export class JoinedWedding {
  readonly wedding: string;
  readonly #handlers: WeddingHandlers;
  readonly #timers: Timers;
  readonly #view = new WeddingView();
  #presence: Presence;
  /** Requests go to this one, and only its numbers count: a view that moved on meanwhile would not be where the join said. */
  #session: Session | undefined;
  /** The last connection that was a member, which the next one replaces: one whose join had no answer may never have been. */
  #memberAs: string | undefined;
  /** What this one says without numbers is shown: the one before, until the newest has answered its join. */
  #shown: Session | undefined;
  #staleMs = 0;
  #joined = deferred<void>();
  /** The session that was asked for the whole state and has not given it yet. */
  #asking: Session | undefined;
  /** Resolved when Redis has kept the changes that are not sent yet. */
  #unsent: Deferred<void> | undefined;
  #sending = false;
  #ended: PresenceError | undefined;

  constructor(wedding: string, presence: Presence, handlers: WeddingHandlers, timers: Timers) {
    this.wedding = wedding;
    this.#presence = presence;
    this.#handlers = handlers;
    this.#timers = timers;
    this.#joined.promise.catch(() => {});
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#view.members;
  }

  /** People who are expected by role; undefined where the server does not know the wedding. */
  get team(): SnapshotMessage['team'] {
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
   * Changes what this member shows; resolves when the server has kept it, after reconnections if need be. One update is in
   * flight at a time: of what changes meanwhile, or without a connection, only the last state is sent, once. Rejects with
   * `invalid_message` what the server would refuse; then nothing has changed.
   */
  update(patch: Presence): Promise<void> {
    const problem = presenceProblem(patch.status, patch.data);
    if (problem !== undefined) return Promise.reject(new PresenceError('invalid_message', problem));
    this.#presence = { ...this.#presence, ...patch };
    this.#unsent ??= deferred<void>();
    const { promise } = this.#unsent;
    if (!this.#sending) void this.#sendUpdates();
    return promise;
  }

  /**
   * Stops being a member; resolves when the server has kept it, or no longer takes this client for a member: one that could
   * not confirm a leave repeats it by itself, and says `not_joined` to the next.
   */
  async leave(): Promise<void> {
    try {
      await this.#insist((session) =>
        session.request({ type: 'leave', wedding: this.wedding }).catch((error: PresenceError) => {
          if (error.code !== 'not_joined') throw error;
        }),
      );
    } catch (error) {
      // The newer handle of this wedding is the member now.
      if (this.#ended?.code === 'replaced') return;
      throw error;
    }
    this.stop(new PresenceError('client_closed', 'left'));
  }

  /** Joins over a session; again and again while the server says that it cannot at the moment. */
  async attach(session: Session): Promise<void> {
    this.#session = session;
    while (this.#session === session && this.#ended === undefined) {
      try {
        await session.request({
          type: 'join',
          wedding: this.wedding,
          ...this.#presence,
          ...(this.#memberAs === undefined ? {} : { resume: this.#memberAs }),
          ...(this.#view.epoch === '' ? {} : { since: this.position }),
        });
        this.#memberAs = session.connection;
        this.#joined.resolve();
        return;
      } catch (error) {
        if (!(error instanceof PresenceError) || error.retryAfterMs === undefined) throw error;
        await this.#timers.delay(error.retryAfterMs);
      }
    }
  }

  /** The socket is gone; until the next one this client is no member. */
  detach(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#joined.resolve();
    this.#joined = deferred<void>();
    this.#joined.promise.catch(() => {});
  }

  /** Another connection, of another client, resumed this one: goes on as a further device of the person. */
  receiveReplaced(session: Session): void {
    if (this.#session !== session) return;
    this.#memberAs = undefined;
    this.#joinAgain(session).catch(() => {});
  }

  /** The server does not take this connection for a member. Rejects with why it may not be one. */
  #joinAgain(session: Session): Promise<void> {
    this.#joined.resolve();
    this.#joined = deferred<void>();
    this.#joined.promise.catch(() => {});
    return this.attach(session);
  }

  /** A newer handle of the same client is the member from now on: this one changes nothing any more. */
  supersede(): void {
    this.#ended = new PresenceError('replaced', 'this wedding was joined again by the same client');
    this.#session = undefined;
    this.#joined.resolve();
  }

  /** Ends for good. */
  stop(why: PresenceError): void {
    this.#ended = why;
    this.#session = undefined;
    this.#joined.reject(why);
  }

  receiveSnapshot(session: Session, snapshot: SnapshotMessage): void {
    if (this.#session !== session) return;
    this.#shown = session;
    this.#asking = undefined;
    this.#view.replace(snapshot);
    this.#handlers.onSnapshot?.(this.members);
    this.#noteFreshness(snapshot.staleMs ?? 0);
  }

  receiveDiff(session: Session, diff: DiffMessage): void {
    if (this.#session !== session) return;
    if (this.#shown !== session) this.#takeOver(session);
    const result = this.#view.apply(diff);
    if (result === 'applied' && diff.changes.length > 0) this.#handlers.onDiff?.(diff.changes, this.members);
    if (result === 'gap' && this.#asking !== session) void this.#askForSnapshot(session);
  }

  receiveProvisional(session: Session, message: ProvisionalMessage): void {
    if (this.#shown !== session) return;
    this.#view.showProvisional(message);
    this.#handlers.onProvisional?.(message, this.members);
  }

  receiveFreshness(session: Session, staleMs: number): void {
    if (this.#shown === session) this.#noteFreshness(staleMs);
  }

  /** Goes on from what is shown. What another session said provisionally is said again by this one, if it still holds. */
  #takeOver(session: Session): void {
    this.#shown = session;
    const isOther = this.#view.provisional.size > 0;
    this.#view.withdrawAll();
    if (isOther) this.#handlers.onSnapshot?.(this.members);
    // A server goes on from what a client holds only while its own state is fresh.
    this.#noteFreshness(0);
  }

  #noteFreshness(staleMs: number): void {
    if (staleMs === 0 && this.#staleMs === 0) return;
    this.#staleMs = staleMs;
    this.#handlers.onFreshness?.(staleMs);
  }

  /** Once a gap: the diffs that come before the snapshot do not apply either. */
  async #askForSnapshot(session: Session): Promise<void> {
    this.#asking = session;
    while (this.#asking === session && this.#session === session) {
      try {
        await session.request({ type: 'snapshot', wedding: this.wedding });
        return;
      } catch (error) {
        await this.#timers.delay((error as PresenceError).retryAfterMs ?? RETRY_MS);
      }
    }
  }

  async #sendUpdates(): Promise<void> {
    this.#sending = true;
    while (this.#unsent !== undefined) {
      const taken: Deferred<void>[] = [];
      const take = (): void => {
        if (this.#unsent !== undefined) taken.push(this.#unsent);
        this.#unsent = undefined;
      };
      try {
        // An attempt that failed for now is repeated as things are by then.
        await this.#insist((session) => {
          take();
          return session.request({ type: 'update', wedding: this.wedding, ...this.#presence });
        });
        for (const { resolve } of taken) resolve();
      } catch (error) {
        if (taken.length === 0) take();
        for (const { reject } of taken) reject(error);
      }
    }
    this.#sending = false;
  }

  async #insist(send: (session: Session) => Promise<unknown>): Promise<void> {
    while (this.#ended === undefined) {
      await this.#joined.promise;
      const session = this.#session;
      if (session === undefined) continue;
      try {
        await send(session);
        return;
      } catch (error) {
        if (!(error instanceof PresenceError) || !PASSING.has(error.code)) throw error;
        await this.#timers.delay(error.retryAfterMs ?? RETRY_MS);
        if (error.code === 'not_joined' && this.#session === session) await this.#joinAgain(session);
      }
    }
    throw this.#ended;
  }
}
