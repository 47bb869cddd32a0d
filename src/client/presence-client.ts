import { LEAN_PARAMETER, LEAN_VALUE } from '../api/protocol/limits.ts';
import { Backoff } from './backoff.ts';
import { JoinedWedding, type Presence, type Timers, type WeddingHandlers } from './joined-wedding.ts';
import { PresenceError } from './presence-error.ts';
import { presenceProblem } from './presence-problem.ts';
import { Session } from './session.ts';

export interface PresenceClientOptions {
  /** `ws://` or `wss://`, with the path `/v1/presence`. */
  readonly url: string;
  /** A function is asked again at each connection, so that it can give a fresh token. */
  readonly token: string | (() => string | Promise<string>);
  /** The client connected, is reconnecting, or has given up for the reason. */
  readonly onState?: (state: 'open' | 'reconnecting' | 'closed', why?: PresenceError) => void;
  /** Milliseconds from an attempt to connect until the server has to have answered; 10 s when left out. */
  readonly welcomeWithinMs?: number;
  /** 0 to 1, for the jitter of reconnections. */
  readonly random?: () => number;
}

/** Codes that another attempt with the same token cannot change. */
const HOPELESS: ReadonlySet<PresenceError['code']> = new Set([
  'unauthorized',
  'unknown_wedding',
  'wedding_closed',
  'too_many_weddings',
  'origin_refused',
  'removed',
  'malformed_frame',
  'unknown_message',
  'invalid_message',
  'frame_too_large',
  'client_closed',
]);

/** Of what is left of a token, the share after which a fresh one is used: spread, so that not all clients move together. */
const RENEW_FROM = 0.6;
const RENEW_UNTIL = 0.9;
/** With less left a hand-over is not worth it: the connection ends, and the next one has a fresh token. */
const LEAST_LEFT_MS = 2_000;
/** The longest delay of a timer in browsers and Node; a longer one would end at once. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/**
 * Joins weddings and keeps them joined: reconnects with jitter, honours retry hints, asks for a snapshot after a gap,
 * and on a drain opens the new connection before it closes the old one. Runs on the WebSocket of browsers and Node.
 */
export class PresenceClient {
  readonly #options: PresenceClientOptions;
  readonly #weddings = new Map<string, JoinedWedding>();
  readonly #timers: Timers;
  /** The newest. */
  #session: Session | undefined;
  /** All that have not ended: after a drain those before the newest as well, until that one has joined. */
  readonly #open = new Set<Session>();
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PresenceClientOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(this.#random);
    this.#timers = { delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };
    void this.#connect();
  }

  /**
   * Becomes a member. Resolves with the first snapshot; rejects when the server refuses for good, and with
   * `invalid_message` what it would refuse. A second join of a wedding takes the place of the first one's handle.
   */
  async join(
    wedding: string,
    presence: Presence = {},
    handlers: WeddingHandlers = {},
  ): Promise<JoinedWedding> {
    if (this.#closed) throw new PresenceError('client_closed', 'the client is closed');
    const problem = presenceProblem(presence.status, presence.data);
    if (problem !== undefined) throw new PresenceError('invalid_message', problem);
    const joined = new JoinedWedding(wedding, presence, handlers, this.#timers);
    this.#weddings.get(wedding)?.supersede();
    this.#weddings.set(wedding, joined);
    const session = this.#session;
    if (session?.connection !== undefined) void this.#attach(joined, session);
    await joined.joined;
    return joined;
  }

  /** Leaves every wedding and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    const leaves = [...this.#open].flatMap((session) =>
      [...this.#weddings.keys()].map((wedding) => session.request({ type: 'leave', wedding })),
    );
    await Promise.allSettled(leaves);
    this.#stop(new PresenceError('client_closed', 'closed by this client'));
  }

  /** Drops its sockets without a word, as a phone in a tunnel does. For tests and drills. */
  interrupt(): void {
    for (const session of this.#open) session.close();
  }

  async #connect(): Promise<void> {
    const before = this.#session;
    let token: string;
    try {
      token = typeof this.#options.token === 'string' ? this.#options.token : await this.#options.token();
    } catch (error) {
      this.#again(new PresenceError('disconnected', `no token: ${String(error)}`));
      return;
    }
    // While it waited for the token, the client was closed, or a connection ended or came and all that is under way already.
    if (this.#closed || this.#session !== before) return;
    const url = new URL(this.#options.url);
    url.searchParams.set('access_token', token);
    url.searchParams.set(LEAN_PARAMETER, LEAN_VALUE);
    const session: Session = new Session(
      url.href,
      {
        onWelcome: ({ expiresAt }) => {
          this.#options.onState?.('open');
          this.#renewBefore(session, expiresAt);
          const attached = [...this.#weddings.values()].map((wedding) => this.#attach(wedding, session));
          void Promise.allSettled(attached).then(() => this.#arrived(session));
        },
        onSnapshot: (snapshot) => this.#weddings.get(snapshot.wedding)?.receiveSnapshot(session, snapshot),
        onDiff: (diff) => this.#weddings.get(diff.wedding)?.receiveDiff(session, diff),
        onProvisional: (message) => this.#weddings.get(message.wedding)?.receiveProvisional(session, message),
        onFreshness: ({ wedding, staleMs }) =>
          this.#weddings.get(wedding)?.receiveFreshness(session, staleMs),
        onDrain: () => this.#moveAway(session),
        onMembershipEnd: (wedding, why) => this.#membershipEnded(session, wedding, why),
        onEnd: (why) => this.#ended(session, why),
      },
      this.#options.welcomeWithinMs,
    );
    this.#session = session;
    this.#open.add(session);
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
    const inMs = left * (RENEW_FROM + (RENEW_UNTIL - RENEW_FROM) * this.#random());
    if (left < LEAST_LEFT_MS || inMs > MAX_TIMEOUT_MS) return;
    this.#renewal = setTimeout(() => this.#moveAway(session), inMs);
  }

  #membershipEnded(session: Session, wedding: string, why: PresenceError): void {
    const joined = this.#weddings.get(wedding);
    if (joined === undefined || this.#session !== session) return;
    if (why.code === 'replaced') joined.receiveReplaced(session);
    if (why.code !== 'removed') return;
    joined.stop(why);
    this.#weddings.delete(wedding);
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
      if (!session.opens(wedding.wedding))
        throw new PresenceError('unknown_wedding', 'the token does not name this wedding');
      await wedding.attach(session);
    } catch (error) {
      if (!(error instanceof PresenceError) || !HOPELESS.has(error.code)) return;
      wedding.stop(error);
      this.#weddings.delete(wedding.wedding);
    }
  }

  #ended(session: Session, why: PresenceError): void {
    this.#open.delete(session);
    for (const wedding of this.#weddings.values()) wedding.detach(session);
    if (this.#session !== session) return;
    this.#session = undefined;
    if (this.#closed) return;
    const tokenIsFixed = typeof this.#options.token === 'string';
    if (HOPELESS.has(why.code) || (why.code === 'token_expired' && tokenIsFixed)) {
      this.#stop(why);
      return;
    }
    this.#options.onState?.('reconnecting', why);
    this.#again(why);
  }

  #again(why: PresenceError): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), this.#backoff.next(why.retryAfterMs));
  }

  #stop(why: PresenceError): void {
    this.#closed = true;
    clearTimeout(this.#renewal);
    for (const wedding of this.#weddings.values()) wedding.stop(why);
    this.#weddings.clear();
    for (const session of this.#open) session.close();
    this.#options.onState?.('closed', why);
  }
}
