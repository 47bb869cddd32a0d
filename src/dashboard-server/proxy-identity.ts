import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
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
   * @throws {Refusal} 401 when the proxy names no user, 403 for a name of Kubernetes itself or a header that came twice
   */
  userOf(headers: IncomingMessage['headersDistinct']): User | undefined {
    const { userHeader, groupsHeader, secret } = this.#options;
    if (!isEqual(single(headers, SECRET_HEADER), secret)) return undefined;
    const username = single(headers, userHeader);
    if (username === '')
      throw new Refusal(
        401,
        `The proxy sent no ${userHeader}: it does not know you. Log in at the proxy; it must send the header with every request.`,
      );
    const groups = (groupsHeader === undefined ? '' : single(headers, groupsHeader))
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    const reserved = [username, ...groups].find((name) => name.startsWith(RESERVED));
    if (reserved !== undefined)
      throw new Refusal(
        403,
        `The proxy sent ${reserved}: names of Kubernetes itself are refused. Have the identity provider give the user or group another name.`,
      );
    return { username, groups: [...groups, AUTHENTICATED] };
  }
}

/** A header that came twice may be one of the proxy beside one of the viewer. */
function single(headers: IncomingMessage['headersDistinct'], name: string): string {
  const [value = '', ...others] = headers[name.toLowerCase()] ?? [];
  if (others.length > 0)
    throw new Refusal(
      403,
      `${name} came more than once: set the proxy to replace it in every request, not to add it`,
    );
  return value.trim();
}

function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
