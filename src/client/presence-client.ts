import { LEAN_PARAMETER, LEAN_VALUE } from '../api/protocol/limits.ts';
import type { WelcomeMessage } from '../api/protocol/messages.ts';
import { Backoff } from './backoff.ts';
import type { PresenceClientOptions } from './client-options.ts';
import type { ClientSnapshot } from './connection-state.ts';
import { JoinedWedding, type Timers, type WeddingHandlers } from './joined-wedding.ts';
import { watchPage } from './page-events.ts';
import type { Presence } from './presence.ts';
import { isHopeless, PresenceError } from './presence-error.ts';
import { presenceUrl } from './presence-url.ts';
import { Published } from './published.ts';
import { Session } from './session.ts';
import { MAX_TIMEOUT_MS, within } from './within.ts';

/** Of what is left of a token, the share after which a fresh one is used: spread, so that not all clients move together. */
const RENEW_FROM = 0.6;
const RENEW_WITHIN = 0.3;
/** So a token that `token()` gives until it ends is over at the last hand-over. Less than the 5 s for which servers wait. */
const LEAST_RENEWAL_MS = 2_000;
const TOKEN_WITHIN_MS = 10_000;
/** Longer than a failover and a rolling restart take. */
const SETTLE_WITHIN_MS = 60_000;
/** For the leaves of `close()`: the connection ends in any case. */
const CLOSE_WITHIN_MS = 2_000;
/** People are to know below a second that they are offline; a server answers a ping in a round trip. */
const OFFLINE_WITHIN_MS = 300;
/** For the connection of a page that was away: it may be dead although nothing has ended it. */
const RETURN_WITHIN_MS = 2_000;
/** A crew that gets its network back together does not come in the same instant. */
const RETURN_SPREAD_MS = 100;

/**
 * Joins weddings and keeps them joined: reconnects with jitter, honours retry hints, asks for a snapshot after a gap, moves to a
 * fresh token before the old one ends, and on a drain opens the new connection before it closes the old one. Runs on the WebSocket
 * of browsers and Node.
 */
export class PresenceClient extends Published<ClientSnapshot> {
  readonly #options: PresenceClientOptions;
  readonly #url: string;
  readonly #weddings = new Map<string, JoinedWedding>();
  readonly #timers: Required<Timers>;
  /** The newest. */
  #session: Session | undefined;
  /** All that have not ended: after a drain those before the newest as well, until that one has joined. */
  readonly #open = new Set<Session>();
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The server wants no attempt before; on the clock of `performance`. */
  #notBefore = 0;
  readonly #end = new AbortController();

  /**
   * Begins to connect.
   *
   * @throws TypeError when the URL or the token can never work
   */
  constructor(options: PresenceClientOptions) {
    super(options.onState);
    if (!options.token) throw new TypeError('token: is missing');
    const url = presenceUrl(options.url);
    url.searchParams.set(LEAN_PARAMETER, LEAN_VALUE);
    this.#url = url.href;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(this.#random);
    this.#timers = {
      delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      settleWithinMs: options.settleWithinMs ?? SETTLE_WITHIN_MS,
    };
    const handlers = {
      onOffline: () => this.#session?.probe(OFFLINE_WITHIN_MS, new PresenceError('offline', 'offline')),
      onOnline: () => this.#returned(true),
      onReturn: () => this.#returned(false),
      onHide: () => {
        if (!options.leaveOnPageHide) return;
        // The page has no time for answers. If it comes back, it joins again.
        void Promise.allSettled(this.#leaves());
        this.interrupt();
      },
    };
    watchPage(handlers, this.#end.signal);
    void this.#connect();
  }

  /** @internal */
  protected make(): ClientSnapshot {
    return { state: this.state, reason: this.reason };
  }

  /**
   * Becomes a member, and resolves once it is one. Rejects when the server refuses for good, with `invalid_message` what it would
   * refuse, and with `timed_out` after `settleWithinMs`; then this client does not try any longer. A second join of a wedding takes
   * the place of the first one's handle.
   *
   * @param wedding its name; the token has to name it, too
   * @param presence what to show
   * @param handlers called at changes
   */
  async join(
    wedding: string,
    presence: Presence = {},
    handlers: WeddingHandlers = {},
  ): Promise<JoinedWedding> {
    const joined = this.wedding(wedding, presence, handlers);
    try {
      await within(joined.joined, this.#timers.settleWithinMs, 'join: no answer');
    } catch (error) {
      const why = error as PresenceError;
      if (why.code === 'timed_out' && this.#weddings.get(wedding) === joined) {
        this.#drop(joined, why);
        // A join that is under way may still be answered.
        this.#session?.request({ type: 'leave', wedding }).catch(() => {});
      }
      throw why;
    }
    return joined;
  }

  /**
   * The same as `join` without waiting: gives the handle at once, with the state `connecting`, and tries until `leave()`. For
   * what renders while it waits.
   *
   * @param wedding its name; the token has to name it, too
   * @param presence what to show
   * @param handlers called at changes
   * @throws PresenceError `client_closed`, and `invalid_message` for what the server would refuse
   */
  wedding(wedding: string, presence: Presence = {}, handlers: WeddingHandlers = {}): JoinedWedding {
    if (this.#closed) throw new PresenceError('client_closed', 'closed');
    const joined = new JoinedWedding(wedding, presence, handlers, this.#timers);
    this.#weddings.get(wedding)?.supersede();
    this.#weddings.set(wedding, joined);
    joined.detach(undefined, this.reason);
    const session = this.#session;
    if (session?.connection !== undefined) void this.#attach(joined, session);
    return joined;
  }

  /** Leaves every wedding and ends. Resolves within two seconds, whatever the server does. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await within(Promise.allSettled(this.#leaves()), CLOSE_WITHIN_MS, 'no answer').catch(() => {});
    this.#stop(new PresenceError('client_closed', 'closed'));
  }

  #leaves(): Promise<unknown>[] {
    return [...this.#open].flatMap((session) =>
      [...this.#weddings.keys()].map((wedding) => session.request({ type: 'leave', wedding })),
    );
  }

  /** Drops its sockets without a word, as a phone in a tunnel does. For tests and drills. */
  interrupt(): void {
    for (const session of this.#open) session.close();
  }

  async #connect(): Promise<void> {
    this.#retry = undefined;
    const before = this.#session;
    let session: Session;
    try {
      const token = await this.#token();
      // While it waited for the token, the client was closed, or a connection ended or came and all that is under way already.
      if (this.#closed || this.#session !== before) return;
      session = this.#newSession(token);
    } catch (error) {
      if (this.#closed) return;
      this.#failed(error instanceof PresenceError ? error : new PresenceError('disconnected', String(error)));
      return;
    }
    this.#session = session;
    this.#open.add(session);
  }

  async #token(): Promise<string> {
    const { token, tokenWithinMs = TOKEN_WITHIN_MS } = this.#options;
    if (typeof token === 'string') return token;
    const asked = (async () => token())().catch((error: unknown) => {
      throw new PresenceError('token_failed', `token(): ${String(error)}`);
    });
    const given: unknown = await within(asked, tokenWithinMs, 'token(): no answer', 'token_failed');
    if (typeof given === 'string' && given !== '') return given;
    throw new PresenceError('token_failed', 'token(): no text');
  }

  #newSession(token: string): Session {
    const session: Session = new Session(
      this.#url,
      token,
      {
        onWelcome: (welcome) => this.#welcomed(session, welcome),
        onMessage: (message) => this.#weddings.get(message.wedding)?.receive(session, message),
        onDrain: () => this.#moveAway(session),
        onMembershipEnd: (wedding, why) => this.#membershipEnded(session, wedding, why),
        onEnd: (why) => this.#ended(session, why),
      },
      this.#options.welcomeWithinMs,
      this.#options.WebSocket,
    );
    return session;
  }

  #welcomed(session: Session, { expiresAt }: WelcomeMessage): void {
    this.move('open');
    this.#renewBefore(session, expiresAt);
    const attached = [...this.#weddings.values()].map((wedding) => this.#attach(wedding, session));
    void Promise.allSettled(attached).then(() => this.#arrived(session));
  }

  /** The server goes away: the new connection first, then the old one ends. The server sends this to its clients one by one. */
  #moveAway(session: Session): void {
    if (this.#session === session && !this.#closed) void this.#connect();
  }

  /** Hands over to a connection with a fresh token before this one ends, at a moment of its own. */
  #renewBefore(session: Session, expiresAt: number): void {
    clearTimeout(this.#renewal);
    if (typeof this.#options.token === 'string') return;
    const left = expiresAt - Date.now();
    const inMs = Math.max(LEAST_RENEWAL_MS, left * (RENEW_FROM + RENEW_WITHIN * this.#random()));
    // Of a clock that is ahead by more than the token lives, no moment would be the right one.
    if (left < 0 || inMs > MAX_TIMEOUT_MS) return;
    this.#renewal = setTimeout(() => this.#moveAway(session), inMs);
  }

  #membershipEnded(session: Session, wedding: string, why: PresenceError): void {
    const joined = this.#weddings.get(wedding);
    if (joined === undefined || this.#session !== session) return;
    if (why.code === 'replaced') joined.receiveReplaced(session);
    if (why.code !== 'removed') return;
    this.#drop(joined, why);
  }

  /**
   * The newest has joined: those before it are needed no more, and the next loss is a new one. One that ended instead is not
   * the newest by now, and its back-off goes on: `welcome` alone is no success.
   */
  #arrived(newest: Session): void {
    if (this.#session !== newest) return;
    this.#backoff.reset();
    for (const session of this.#open) if (session !== newest) session.close();
  }

  async #attach(wedding: JoinedWedding, session: Session): Promise<void> {
    try {
      if (!session.opens(wedding.wedding)) throw new PresenceError('unknown_wedding', 'not in the token');
      await wedding.attach(session);
    } catch (error) {
      const why = error as PresenceError;
      if (isHopeless(why)) this.#drop(wedding, why);
    }
  }

  #drop(wedding: JoinedWedding, why: PresenceError): void {
    wedding.stop(why);
    if (this.#weddings.get(wedding.wedding) === wedding) this.#weddings.delete(wedding.wedding);
  }

  #ended(session: Session, why: PresenceError): void {
    this.#open.delete(session);
    for (const wedding of this.#weddings.values()) wedding.detach(session, why);
    if (this.#session !== session) return;
    this.#session = undefined;
    if (this.#closed) return;
    const tokenIsFixed = typeof this.#options.token === 'string';
    if (isHopeless(why) || (why.code === 'token_expired' && tokenIsFixed)) {
      this.#stop(why);
      return;
    }
    this.#failed(why);
  }

  /** Tries again, and says why it has to. A connection that is there goes on: only its renewal failed. */
  #failed(why: PresenceError): void {
    if (this.#session === undefined) {
      this.move(this.state === 'connecting' ? 'connecting' : 'reconnecting', why);
      for (const wedding of this.#weddings.values()) wedding.detach(undefined, why);
    }
    this.#notBefore = performance.now() + (why.retryAfterMs ?? 0);
    this.#connectIn(this.#backoff.next(why.retryAfterMs));
  }

  #connectIn(ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), ms);
  }

  /** There is a network again (`isNew`), or the page is visible again: ends a wait for the next attempt, and tries an open connection. */
  #returned(isNew: boolean): void {
    if (isNew) this.#backoff.reset();
    // An attempt that was made over the network before would wait for its time-out.
    if (isNew && this.#session?.connection === undefined) this.#session?.close();
    if (this.#retry !== undefined) {
      const wantedIn = Math.max(0, this.#notBefore - performance.now());
      this.#connectIn(wantedIn + RETURN_SPREAD_MS * this.#random());
    } else this.#session?.probe(RETURN_WITHIN_MS, new PresenceError('disconnected', 'no answer'));
  }

  #stop(why: PresenceError): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    this.#end.abort();
    for (const wedding of this.#weddings.values()) wedding.stop(why);
    this.#weddings.clear();
    this.interrupt();
    this.move('closed', why);
  }
}
