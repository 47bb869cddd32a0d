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
}

/** What becomes of a message: handled, dropped with a word, or the end of the connection. */
export type RateVerdict = 'pass' | 'drop' | 'close';

/** How many connections of one person may send at full speed together. */
const USER_SHARE = 3;
/** Messages that may be dropped before the connection is closed; one more each second. */
const PATIENCE: Rate = { perSecond: 1, burst: 40 };

interface UserBucket {
  readonly bucket: TokenBucket;
  connections: number;
}

/** The limits of one pod: each connection has a bucket of its own, and shares one with the others of its user. */
export class RateLimits {
  readonly #rate: Rate;
  readonly #users = new Map<string, UserBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Users with a connection; none are remembered beyond their last. */
  get users(): number {
    return this.#users.size;
  }

  /** The limit of a new connection. Give it back with `release`. */
  open(user: string, nowMs: number): ConnectionLimit {
    const { perSecond, burst } = this.#rate;
    const wider = { perSecond: perSecond * USER_SHARE, burst: burst * USER_SHARE };
    const shared = this.#users.get(user) ?? { bucket: new TokenBucket(wider, nowMs), connections: 0 };
    shared.connections++;
    this.#users.set(user, shared);
    return new ConnectionLimit(new TokenBucket(this.#rate, nowMs), shared.bucket, () => {
      shared.connections--;
      if (shared.connections === 0) this.#users.delete(user);
    });
  }
}

/** The limit of one connection. */
export class ConnectionLimit {
  readonly #own: TokenBucket;
  readonly #user: TokenBucket;
  readonly #onRelease: () => void;
  #patience: TokenBucket | undefined;
  #released = false;

  constructor(own: TokenBucket, user: TokenBucket, onRelease: () => void) {
    this.#own = own;
    this.#user = user;
    this.#onRelease = onRelease;
  }

  take(nowMs: number): RateVerdict {
    if (this.#own.take(nowMs) && this.#user.take(nowMs)) return 'pass';
    this.#patience ??= new TokenBucket(PATIENCE, nowMs);
    return this.#patience.take(nowMs) ? 'drop' : 'close';
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
  }
}
