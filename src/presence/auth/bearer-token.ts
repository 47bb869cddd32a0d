import type { IncomingMessage } from 'node:http';

/** The token of a request: the Authorization header, or `access_token`, which is all a browser can set. */
export function bearerToken(request: IncomingMessage): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return header ?? requestUrl(request).searchParams.get('access_token') ?? undefined;
}

/** The path and query of a request. What cannot be parsed is the root, which nothing serves. */
export function requestUrl(request: IncomingMessage): URL {
  const base = 'http://presence.invalid';
  return URL.canParse(request.url ?? '/', base) ? new URL(request.url ?? '/', base) : new URL(base);
}
