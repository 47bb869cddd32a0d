import { Lru } from './lru.ts';
import { type Rate, shareOfUser, TokenBucket } from './rate-limit.ts';

/**
 * People whose requests over HTTP are counted; who asked longest ago is forgotten. More than a server has connections, so nobody
 * gets out of the count by having others ask.
 */
const MOST_USERS = 4_096;

/** What one person may ask over HTTP: as much as all connections of a user may send, counted apart from these. */
export class RequestLimits {
  readonly #rate: Rate;
  readonly #users = new Lru<string, TokenBucket>(MOST_USERS);

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
