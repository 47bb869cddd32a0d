import type { IncomingMessage } from 'node:http';
import { Refusal } from '../dashboard-feed/refusal.ts';
import type { Gate, Viewer } from '../dashboard-feed/viewer.ts';
import type { AccessReviews } from './access-reviews.ts';
import type { ProxyIdentity } from './proxy-identity.ts';
import type { User } from './reviews.ts';
import { DASHBOARD_AUDIENCE, type TokenReviews } from './token-reviews.ts';

export interface GateParts {
  tokens: Pick<TokenReviews, 'userOf'>;
  access: Pick<AccessReviews, 'sightOf'>;
  proxy: ProxyIdentity | undefined;
}

/** Viewers are users of the API server: it says who they are and what they may see. */
export class ClusterGate implements Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  async admit({ headers, headersDistinct }: IncomingMessage): Promise<Viewer> {
    const user =
      this.#parts.proxy?.userOf(headersDistinct) ?? (await this.#userOfToken(headers.authorization));
    const sight = await this.#parts.access.sightOf(user);
    return { id: user.username, sight };
  }

  async #userOfToken(authorization = ''): Promise<User> {
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    if (token !== undefined) return this.#parts.tokens.userOf(token);
    throw new Refusal(
      401,
      `This page shows what you may see in Kubernetes and needs your token. "kubectl presence dashboard --in-cluster" opens it with that of your kubeconfig; "kubectl create token SERVICE-ACCOUNT --audience ${DASHBOARD_AUDIENCE}" makes one for this page only.`,
    );
  }
}
