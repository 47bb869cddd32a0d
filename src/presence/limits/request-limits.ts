import { Lru } from './lru.ts';
import { shareOfUser } from './rate-limit.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

/**
 * Users whose HTTP requests are counted. More than a server has connections, so a user cannot leave the count by having
 * others ask.
 */
const MAX_USERS = 4_096;

/** What one user may ask over HTTP: as much as all connections of a user may send, counted apart from these. */
export class RequestLimits {
  readonly #rate: Rate;
  readonly #users = new Lru<string, TokenBucket>(MAX_USERS);

  /** @param rate of one connection */
  constructor(rate: Rate) {
    this.#rate = shareOfUser(rate);
  }

  /** Whether this request of a user may be answered. */
  take(user: string, nowMs: number): boolean {
    const bucket = this.#users.get(user) ?? new TokenBucket(this.#rate, nowMs);
    this.#users.set(user, bucket);
    return bucket.take(nowMs);
  }
}
