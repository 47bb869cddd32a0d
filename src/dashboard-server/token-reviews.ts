import { createHash } from 'node:crypto';
import { Refusal } from '../dashboard-feed/refusal.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { apiVersionOf, type KubeObject } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { TokenBucket, type TokenRate } from '../platform/runtime/token-bucket.ts';
import { ExpiringCache, Joined } from './expiring-cache.ts';
import { REVIEWER, TOKEN_REVIEW, type User } from './reviews.ts';

/** Audience of tokens that are made for the dashboard and that the API server itself takes from no caller. */
export const DASHBOARD_AUDIENCE = 'presence-dashboard';

/** A token that has ended or was revoked works here for at most this much longer. */
export const TOKEN_KEPT_MS = 60_000;
/** A refused token is asked for again after this time: its service account may exist by then. */
const REFUSED_KEPT_MS = 10_000;
const MOST_TOKENS = 2000;
/** Tokens that were never seen: what callers without one can have the API server do. */
const NEW_TOKENS: TokenRate = { perSecond: 20, burst: 500 };

interface TokenReview extends KubeObject {
  spec: { token: string; audiences?: string[] };
  status?: { authenticated?: boolean; user?: User; audiences?: string[] };
}

/** Asks the API server who has a token, and remembers the answer for a minute. Tokens themselves are not kept. */
export class TokenReviews {
  readonly #client: Pick<KubeClient, 'create'>;
  readonly #clock: Clock;
  readonly #known: ExpiringCache<User>;
  readonly #refused: ExpiringCache<true>;
  readonly #running = new Joined<User | undefined>();
  readonly #newTokens: TokenBucket;

  constructor(client: Pick<KubeClient, 'create'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#known = new ExpiringCache(clock, TOKEN_KEPT_MS, MOST_TOKENS);
    this.#refused = new ExpiringCache(clock, REFUSED_KEPT_MS, MOST_TOKENS);
    this.#newTokens = new TokenBucket(NEW_TOKENS, clock.monotonicMs());
  }

  /** @throws {Refusal} 401 when it is no valid token, 429 and 503 when that cannot be found out now */
  async userOf(token: string): Promise<User> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#refused.get(key) !== undefined) throw refused();
    if (!this.#known.has(key) && !this.#newTokens.take(this.#clock.monotonicMs()))
      throw new Refusal(429, 'too many new tokens at once: wait a moment');
    const user = await this.#running.run(key, () => this.#review(token));
    if (user === undefined) {
      this.#known.delete(key);
      this.#refused.set(key, true);
      throw refused();
    }
    this.#known.set(key, user);
    return user;
  }

  /** For the API server, or for the dashboard alone. */
  async #review(token: string): Promise<User | undefined> {
    return (await this.#ask({ token })) ?? (await this.#ask({ token, audiences: [DASHBOARD_AUDIENCE] }));
  }

  async #ask(spec: TokenReview['spec']): Promise<User | undefined> {
    const { kind } = TOKEN_REVIEW;
    const review: TokenReview = {
      apiVersion: apiVersionOf(TOKEN_REVIEW),
      kind,
      metadata: { name: '' },
      spec,
    };
    const { status } = await this.#client.create(review, REVIEWER).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, `the Kubernetes API server cannot be asked for your name: ${why}`);
    });
    // An API server that knows no audiences answers as if none had been asked for.
    const isForUs = spec.audiences === undefined || status?.audiences?.includes(DASHBOARD_AUDIENCE) === true;
    return status?.authenticated === true && isForUs ? status.user : undefined;
  }
}

function refused(): Refusal {
  return new Refusal(401, 'The Kubernetes API server does not know this token, or it has ended.');
}
