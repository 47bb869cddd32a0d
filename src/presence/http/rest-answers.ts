import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { MAX_DATA_BYTES, MAX_UPDATES_PER_REQUEST } from '../../api/protocol/limits.ts';
import { TokenRefused } from '../auth/identity.ts';
import { retryAfterMs } from '../socket/connection.ts';
import { StoreUnavailable } from '../store/store.ts';

/** Codes of the REST side; those it shares with the WebSocket mean the same. */
export type RestCode =
  | Extract<
      ErrorCode,
      | 'unauthorized'
      | 'token_expired'
      | 'revoked'
      | 'removed'
      | 'unknown_wedding'
      | 'unavailable'
      | 'internal'
      | 'rate_limited'
    >
  | 'origin_refused'
  | 'not_found'
  | 'method_not_allowed'
  | 'invalid_request'
  | 'body_too_large'
  | 'forbidden';

/** Every update as large as it may be, and room for names. */
export const MAX_BODY_BYTES = MAX_UPDATES_PER_REQUEST * (MAX_DATA_BYTES + 1_024);

/** The body as text; undefined when it is too large, and then the rest is not read. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const TOKEN_STATUS = { unauthorized: 401, token_expired: 401, revoked: 403, internal: 503 } as const;

export function refuseError(response: ServerResponse, error: unknown, random: () => number): void {
  if (error instanceof TokenRefused) {
    refuse(response, TOKEN_STATUS[error.code], error.code, error.message);
    return;
  }
  if (!(error instanceof StoreUnavailable)) throw error;
  refuseForNow(response, 503, 'unavailable', 'Redis did not confirm in time', random);
}

/** Refuses with a hint when to try again. */
export function refuseForNow(
  response: ServerResponse,
  status: number,
  code: RestCode,
  message: string,
  random: () => number,
): void {
  const ms = retryAfterMs(random);
  response.setHeader('retry-after', Math.ceil(ms / 1_000));
  send(response, status, { code, message, retryAfterMs: ms });
}

export function refuse(response: ServerResponse, status: number, code: RestCode, message: string): void {
  send(response, status, { code, message });
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
