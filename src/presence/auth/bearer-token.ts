import type { IncomingMessage } from 'node:http';
import { TOKEN_SUBPROTOCOL_PREFIX } from '../../api/protocol/limits.ts';

/**
 * The token of a request: the Authorization header, or the offered subprotocol `bearer.TOKEN`, or the query parameter
 * `access_token`. A browser can set the last two only, and only of the last the URL, which proxies log, has the token.
 */
export function bearerToken(request: IncomingMessage): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return header ?? offeredToken(request) ?? requestUrl(request).searchParams.get('access_token') ?? undefined;
}

function offeredToken(request: IncomingMessage): string | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((item) => item.trim());
  return offered
    ?.find((item) => item.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
    ?.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
}

/** The path and query of a request. What cannot be parsed is the root, which nothing serves. */
export function requestUrl(request: IncomingMessage): URL {
  const base = 'http://presence.invalid';
  return URL.canParse(request.url ?? '/', base) ? new URL(request.url ?? '/', base) : new URL(base);
}
