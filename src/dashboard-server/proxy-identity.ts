import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../dashboard-feed/refusal.ts';
import type { User } from './reviews.ts';

/** The proxy sends its secret in this header. */
export const SECRET_HEADER = 'x-presence-proxy-secret';
/** Kubernetes gives this group to every user that it knows. */
const AUTHENTICATED = 'system:authenticated';
/** Names of Kubernetes itself, which no identity provider has. */
const RESERVED = 'system:';

export interface ProxyOptions {
  userHeader: string;
  groupsHeader?: string;
  secret: string;
}

/** A proxy in front that has asked an identity provider: it shows its secret and says who looks. */
export class ProxyIdentity {
  readonly #options: ProxyOptions;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /**
   * @returns undefined when the request is not from the proxy
   * @throws {Refusal} 401 when the proxy names no user, 403 for a name of Kubernetes itself
   */
  userOf(headers: IncomingHttpHeaders): User | undefined {
    const { userHeader, groupsHeader, secret } = this.#options;
    if (!isEqual(single(headers[SECRET_HEADER]), secret)) return undefined;
    const username = single(headers[userHeader.toLowerCase()]);
    if (username === '') throw new Refusal(401, `the proxy sent no ${userHeader}: it does not know you`);
    const groups = single(groupsHeader === undefined ? '' : headers[groupsHeader.toLowerCase()])
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    const reserved = [username, ...groups].find((name) => name.startsWith(RESERVED));
    if (reserved !== undefined)
      throw new Refusal(403, `the proxy sent ${reserved}: names of Kubernetes itself are refused`);
    return { username, groups: [...groups, AUTHENTICATED] };
  }
}

/** A header that came more than once is joined by Node, and is then no name that anybody has. */
function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value.join(', ') : (value ?? '')).trim();
}

function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
