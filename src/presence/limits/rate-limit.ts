import { Lru } from './lru.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

/** What becomes of a message: handled, dropped with an answer, or the end of the connection. */
export type RateVerdict = 'pass' | 'drop' | 'close';

/** Connections of one person that may send at full speed together. */
const USER_SHARE = 3;
/** Messages that may be dropped before the connection is closed; one more per second. */
const PATIENCE: Rate = { perSecond: 1, burst: 40 };
/**
 * The back-off grows by this with each recently dropped message: after ten drops it is a second, the time in which one unit of
 * patience comes back. So a client that waits for `retryAfterMs` is never closed, however many connections share its user's limit.
 */
const BACK_OFF_STEP_MS = 100;
/** All connections that a person may have can reconnect this many times at once, after deploys or in a tunnel. */
const RECONNECTS_AT_ONCE = 4;
/** Seconds in which all connections of a person may reconnect once, for long. */
const RECONNECT_SECONDS = 5;
/**
 * Users without a connection whose limits are kept. More than a server has connections, so a user cannot leave the
 * count by having others connect.
 */
const MAX_IDLE_USERS = 4_096;
/** Idle users looked at per new connection. More than one, so their number shrinks once their limits are full again. */
const SWEPT_PER_CONNECTION = 2;

/** What all connections of a user may send, by what one may. */
export function shareOfUser({ perSecond, burst }: Rate): Rate {
  return { perSecond: perSecond * USER_SHARE, burst: burst * USER_SHARE };
}

/** Connections that a user may open, by how many the user may have. */
export function connectRate(maxConnectionsPerUser: number): Rate {
  return {
    perSecond: maxConnectionsPerUser / RECONNECT_SECONDS,
    burst: maxConnectionsPerUser * RECONNECTS_AT_ONCE,
  };
}

/** Why a user may not open one more connection. */
export type ConnectRefusal =
  | { readonly code: 'too_many_connections' }
  | { readonly code: 'connecting_too_fast'; readonly retryAfterMs: number };

/** What the connections of one user share. */
interface UserLimits {
  readonly user: string;
  readonly messages: TokenBucket;
  readonly connects: TokenBucket;
  connections: number;
}

export interface RateLimitsOptions {
  /** Messages that one connection may send. */
  readonly rate: Rate;
  /** Connections that one user may have on this server. */
  readonly maxConnectionsPerUser: number;
}

/**
 * The limits of one pod. Each connection has a bucket of its own and shares one with the others of its user. The shared
 * one outlives the connections until it is full again, so a reconnect does not reset it.
 */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #userRate: Rate;
  readonly #connectRate: Rate;
  readonly #connected = new Map<string, UserLimits>();
  readonly #idle = new Lru<string, UserLimits>(MAX_IDLE_USERS);

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#userRate = shareOfUser(options.rate);
    this.#connectRate = connectRate(options.maxConnectionsPerUser);
  }

  /** Users that are remembered: those with a connection, and those whose limits are not full again. */
  get users(): number {
    return this.#connected.size + this.#idle.size;
  }

  /** Counts an attempt to connect. Undefined when the user may; then `open` follows. */
  admit(user: string, nowMs: number): ConnectRefusal | undefined {
    this.#sweep(nowMs);
    const limits = this.#limitsOf(user, nowMs);
    if (!this.#connected.has(user)) this.#idle.set(user, limits);
    if (!limits.connects.take(nowMs))
      return { code: 'connecting_too_fast', retryAfterMs: Math.ceil(limits.connects.nextInMs) };
    return limits.connections >= this.#options.maxConnectionsPerUser
      ? { code: 'too_many_connections' }
      : undefined;
  }

  /** The limit of a new connection. Give it back with `release`. */
  open(user: string, nowMs: number): ConnectionLimit {
    const limits = this.#limitsOf(user, nowMs);
    this.#idle.delete(user);
    this.#connected.set(user, limits);
    limits.connections++;
    return new ConnectionLimit(new TokenBucket(this.#options.rate, nowMs), limits, this.#released);
  }

  #limitsOf(user: string, nowMs: number): UserLimits {
    return (
      this.#connected.get(user) ??
      this.#idle.get(user) ?? {
        user,
        messages: new TokenBucket(this.#userRate, nowMs),
        connects: new TokenBucket(this.#connectRate, nowMs),
        connections: 0,
      }
    );
  }

  /** One function for all connections. */
  readonly #released = (limits: UserLimits): void => {
    limits.connections--;
    if (limits.connections > 0) return;
    this.#connected.delete(limits.user);
    this.#idle.set(limits.user, limits);
  };

  #sweep(nowMs: number): void {
    let left = SWEPT_PER_CONNECTION;
    for (const [user, { messages, connects }] of this.#idle.entries()) {
      if (left-- === 0 || !messages.isFull(nowMs) || !connects.isFull(nowMs)) return;
      this.#idle.delete(user);
    }
  }
}

/** The limit of one connection. */
export class ConnectionLimit {
  readonly #own: TokenBucket;
  readonly #user: UserLimits;
  readonly #onRelease: (user: UserLimits) => void;
  #patience: TokenBucket | undefined;
  #released = false;

  constructor(own: TokenBucket, user: UserLimits, onRelease: (user: UserLimits) => void) {
    this.#own = own;
    this.#user = user;
    this.#onRelease = onRelease;
  }

  take(nowMs: number): RateVerdict {
    if (this.#own.take(nowMs) && this.#user.messages.take(nowMs)) return 'pass';
    this.#patience ??= new TokenBucket(PATIENCE, nowMs);
    return this.#patience.take(nowMs) ? 'drop' : 'close';
  }

  /** How long to wait after the last `take`, which dropped the message. */
  get backOffMs(): number {
    const dropped = this.#patience?.missing ?? 0;
    return Math.max(this.#own.nextInMs, this.#user.messages.nextInMs, BACK_OFF_STEP_MS * dropped);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease(this.#user);
  }
}
