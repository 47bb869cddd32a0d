import type { Member } from '../api/protocol/member.ts';
import type { DiffMessage, MemberChange, SnapshotMessage } from '../api/protocol/messages.ts';
import { PresenceError } from './presence-error.ts';
import type { Session } from './session.ts';
import { WeddingView } from './wedding-view.ts';

/** What a member shows of itself. */
export interface Presence {
  readonly status?: string;
  readonly data?: unknown;
}

export interface WeddingHandlers {
  /** The whole state came: at the join, after a reconnection, after a gap. */
  readonly onSnapshot?: (members: ReadonlyMap<string, Member>) => void;
  /** The server can no longer vouch for what is shown (for how long), or can again (0). */
  readonly onFreshness?: (staleMs: number) => void;
  readonly onDiff?: (changes: readonly MemberChange[], members: ReadonlyMap<string, Member>) => void;
}

export interface Timers {
  readonly delay: (ms: number) => Promise<void>;
}

/** A retry hint for errors that carry none. */
const RETRY_MS = 500;

/** One wedding of a client: outlives sockets, and always wants to be what was asked for last. */
export class JoinedWedding {
  readonly wedding: string;
  readonly #handlers: WeddingHandlers;
  readonly #timers: Timers;
  readonly #view = new WeddingView();
  #presence: Presence;
  #session: Session | undefined;
  #joined = Promise.withResolvers<void>();
  #asking = false;
  #queued: Promise<void> | undefined;
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

  /** Where the view is. Views of the same wedding at the same position hold the same members. */
  get position(): { readonly epoch: string; readonly seq: number } {
    return { epoch: this.#view.epoch, seq: this.#view.seq };
  }

  /** Resolves at the next moment at which this client is a member. Rejects when it never will be. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /**
   * Changes what this member shows; resolves when the server has kept it, after reconnections if need be. Without a
   * connection only the last state is kept, and sent once.
   */
  update(patch: Presence): Promise<void> {
    this.#presence = { ...this.#presence, ...patch };
    this.#queued ??= this.#insist((session) => {
      this.#queued = undefined;
      return session.request({ type: 'update', wedding: this.wedding, ...this.#presence });
    });
    return this.#queued;
  }

  /** Stops being a member; resolves when the server has kept it. */
  async leave(): Promise<void> {
    await this.#insist((session) => session.request({ type: 'leave', wedding: this.wedding }));
    this.stop(new PresenceError('client_closed', 'left'));
  }

  /** Joins over a session; again and again while the server says that it cannot at the moment. */
  async attach(session: Session, resume: string | undefined): Promise<void> {
    this.#session = session;
    while (this.#session === session && this.#ended === undefined) {
      try {
        await session.request({
          type: 'join',
          wedding: this.wedding,
          ...this.#presence,
          ...(resume === undefined ? {} : { resume }),
          ...(this.#view.epoch === '' ? {} : { since: this.position }),
        });
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
    this.#joined = Promise.withResolvers<void>();
    this.#joined.promise.catch(() => {});
  }

  /** Ends for good. */
  stop(why: PresenceError): void {
    this.#ended = why;
    this.#session = undefined;
    this.#joined.reject(why);
  }

  receiveSnapshot(session: Session, snapshot: SnapshotMessage): void {
    if (this.#session !== session) return;
    this.#asking = false;
    this.#view.replace(snapshot);
    this.#handlers.onSnapshot?.(this.members);
  }

  receiveDiff(session: Session, diff: DiffMessage): void {
    if (this.#session !== session) return;
    const result = this.#view.apply(diff);
    if (result === 'applied' && diff.changes.length > 0) this.#handlers.onDiff?.(diff.changes, this.members);
    if (result === 'gap') this.#askForSnapshot(session);
  }

  receiveFreshness(session: Session, staleMs: number): void {
    if (this.#session === session) this.#handlers.onFreshness?.(staleMs);
  }

  /** Once a gap: the diffs that come before the snapshot do not apply either. */
  #askForSnapshot(session: Session): void {
    if (this.#asking) return;
    this.#asking = true;
    session.request({ type: 'snapshot', wedding: this.wedding }).catch(() => {
      this.#asking = false;
    });
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
        if (!(error instanceof PresenceError)) throw error;
        const passing = [
          'disconnected',
          'unavailable',
          'not_joined',
          'rate_limited',
          'draining',
          'internal',
        ].includes(error.code);
        if (!passing) throw error;
        await this.#timers.delay(error.retryAfterMs ?? RETRY_MS);
      }
    }
    throw this.#ended;
  }
}
