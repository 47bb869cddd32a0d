import { createHash } from 'node:crypto';
import { Refusal } from '../dashboard-feed/refusal.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { apiVersionOf, type KubeObject } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { TokenBucket, type TokenRate } from '../platform/runtime/token-bucket.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { JoinedRequests } from './joined-requests.ts';
import type { RefusalReport } from './refusal-report.ts';
import { bytesOf, REVIEWER, TOKEN_REVIEW, type User } from './reviews.ts';

/** Audience of tokens that are made for the dashboard and that the API server itself takes from no caller. */
export const DASHBOARD_AUDIENCE = 'presence-dashboard';

/** A token that has ended or was revoked works here for at most this much longer. */
export const TOKEN_KEPT_MS = 60_000;
/** A refused token is asked for again after this time: its service account may exist by then. */
const REFUSED_KEPT_MS = 10_000;
const MOST_TOKENS = 2000;
/** Of the users that are remembered. A user of an identity provider with hundreds of groups takes some 10 kB. */
const MOST_BYTES = 4 * 1024 * 1024;
/** A key, and what a map keeps beside it. */
const ENTRY_BYTES = 200;
/** Requests that wait at once for the user of their token. */
const MOST_WAITING = 200;
/** Tokens that were never seen: what callers without one can have the API server do. */
const NEW_TOKENS: TokenRate = { perSecond: 20, burst: 500 };

interface TokenReview extends KubeObject {
  spec: { token: string; audiences?: string[] };
  status?: { authenticated?: boolean; user?: User; audiences?: string[] };
}

export interface TokenOptions {
  client: Pick<KubeClient, 'create'>;
  clock: Clock;
  report: Pick<RefusalReport, 'reviewFailed'>;
}

/** Asks the API server who has a token, and remembers the answer for a minute. Tokens themselves are not kept. */
export class TokenReviews {
  readonly #options: TokenOptions;
  readonly #known: ExpiringCache<User>;
  readonly #refused: ExpiringCache<true>;
  readonly #running = new JoinedRequests<User | undefined>(MOST_WAITING);
  readonly #newTokens: TokenBucket;

  constructor(options: TokenOptions) {
    this.#options = options;
    const { clock } = options;
    const bounds = { clock, mostEntries: MOST_TOKENS, mostBytes: MOST_BYTES };
    this.#known = new ExpiringCache({ ...bounds, keepMs: TOKEN_KEPT_MS });
    this.#refused = new ExpiringCache({ ...bounds, keepMs: REFUSED_KEPT_MS });
    this.#newTokens = new TokenBucket(NEW_TOKENS, clock.monotonicMs());
  }

  /** @throws {Refusal} 401 when it is no valid token, 429 and 503 when that cannot be found out now */
  async userOf(token: string): Promise<User> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#refused.get(key) !== undefined) throw refused();
    if (!this.#known.has(key) && !this.#newTokens.take(this.#options.clock.monotonicMs()))
      throw new Refusal(
        429,
        'Too many tokens that the dashboard does not know came at once. Try again in some seconds.',
      );
    const user = await this.#running.run(key, () => this.#review(token));
    if (user === undefined) {
      this.#known.delete(key);
      this.#refused.set(key, true, ENTRY_BYTES);
      throw refused();
    }
    this.#known.set(key, user, ENTRY_BYTES + bytesOf(user));
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
    const { status } = await this.#options.client.create(review, REVIEWER).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.report.reviewFailed('TokenReview', why);
      throw new Refusal(
        503,
        `The Kubernetes API server cannot be asked for your name: ${why}. The page asks again by itself; if it stays, look into the log of the dashboard.`,
      );
    });
    // An API server that knows no audiences answers as if none had been asked for.
    const isForUs = spec.audiences === undefined || status?.audiences?.includes(DASHBOARD_AUDIENCE) === true;
    return status?.authenticated === true && isForUs ? status.user : undefined;
  }
}

function refused(): Refusal {
  return new Refusal(
    401,
    `The Kubernetes API server does not know this token, or it has ended. Enter a new one: "kubectl create token SERVICE-ACCOUNT --audience ${DASHBOARD_AUDIENCE}" makes one for this page.`,
  );
}
