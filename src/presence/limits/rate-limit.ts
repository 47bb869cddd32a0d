/** Messages a second for long, and at once after a silence. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket. Time is given by the caller, in milliseconds that never go backwards. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = nowMs;
  }

  /** Whether there was a token left for this message. */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#at) * perSecond) / 1_000);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** How much was taken and did not come back since; 0 when full. As of the last `take`. */
  get missing(): number {
    return this.#rate.burst - this.#tokens;
  }

  /** Milliseconds from the last `take` until one can succeed. */
  get nextInMs(): number {
    return Math.max(0, ((1 - this.#tokens) * 1_000) / this.#rate.perSecond);
  }
}

/** What becomes of a message: handled, dropped with a word, or the end of the connection. */
export type RateVerdict = 'pass' | 'drop' | 'close';

/** How many connections of one person may send at full speed together. */
const USER_SHARE = 3;
/** Messages that may be dropped before the connection is closed; one more each second. */
const PATIENCE: Rate = { perSecond: 1, burst: 40 };
/**
 * One more of these for each message that was dropped lately: after ten the waits are a second, as long as patience takes to
 * come back, so a client that waits as it is told is never closed, however many share its user's limit.
 */
const BACK_OFF_MS = 100;

/** What all connections of a user may send, by what one may. */
export function shareOfUser({ perSecond, burst }: Rate): Rate {
  return { perSecond: perSecond * USER_SHARE, burst: burst * USER_SHARE };
}

/** What the connections of one user share. */
class UserBucket extends TokenBucket {
  readonly user: string;
  connections = 0;

  constructor(user: string, rate: Rate, nowMs: number) {
    super(rate, nowMs);
    this.user = user;
  }
}

/** The limits of one pod: each connection has a bucket of its own, and shares one with the others of its user. */
export class RateLimits {
  readonly #rate: Rate;
  readonly #userRate: Rate;
  readonly #users = new Map<string, UserBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#userRate = shareOfUser(rate);
  }

  /** Users with a connection; none are remembered beyond their last. */
  get users(): number {
    return this.#users.size;
  }

  /** The limit of a new connection. Give it back with `release`. */
  open(user: string, nowMs: number): ConnectionLimit {
    const shared = this.#users.get(user) ?? new UserBucket(user, this.#userRate, nowMs);
    shared.connections++;
    this.#users.set(user, shared);
    return new ConnectionLimit(new TokenBucket(this.#rate, nowMs), shared, this.#users);
  }
}

/** The limit of one connection. */
export class ConnectionLimit {
  readonly #own: TokenBucket;
  readonly #user: UserBucket;
  readonly #users: Map<string, UserBucket>;
  #patience: TokenBucket | undefined;
  #released = false;

  constructor(own: TokenBucket, user: UserBucket, users: Map<string, UserBucket>) {
    this.#own = own;
    this.#user = user;
    this.#users = users;
  }

  take(nowMs: number): RateVerdict {
    if (this.#own.take(nowMs) && this.#user.take(nowMs)) return 'pass';
    this.#patience ??= new TokenBucket(PATIENCE, nowMs);
    return this.#patience.take(nowMs) ? 'drop' : 'close';
  }

  /** How long to wait after the drop that `take` just said. */
  get backOffMs(): number {
    const dropped = this.#patience?.missing ?? 0;
    return Math.max(this.#own.nextInMs, this.#user.nextInMs, BACK_OFF_MS * dropped);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#user.connections--;
    if (this.#user.connections === 0) this.#users.delete(this.#user.user);
  }
}
