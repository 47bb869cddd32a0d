import type { IncomingMessage, ServerResponse } from 'node:http';

/** Seconds for which a browser need not ask again. Chromium keeps an answer for two hours at most. */
const MAX_AGE_SECONDS = 600;

/** A request is answered, answered as a preflight, or refused. */
export type CorsVerdict = 'pass' | 'preflight' | 'refused';

/**
 * Sets the headers that let a page of another origin read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol).
 * Tokens travel in a header and not in a cookie, so no page can use those of another one.
 *
 * @param allowedOrigins empty: any
 * @param methods of the requested path
 */
export function applyCors(
  request: IncomingMessage,
  response: ServerResponse,
  allowedOrigins: readonly string[],
  methods: readonly string[],
): CorsVerdict {
  const { origin } = request.headers;
  if (origin === undefined) return 'pass';
  response.setHeader('vary', 'Origin');
  if (allowedOrigins.length > 0 && !allowedOrigins.includes(origin)) return 'refused';
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', 'Retry-After, Allow');
  const isPreflight =
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (!isPreflight) return 'pass';
  response.setHeader('access-control-allow-methods', methods.join(', '));
  response.setHeader('access-control-allow-headers', 'Authorization, Content-Type');
  response.setHeader('access-control-max-age', MAX_AGE_SECONDS);
  return 'preflight';
}
