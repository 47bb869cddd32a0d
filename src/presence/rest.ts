import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../api/protocol/codes.ts';
import { bearerToken, requestUrl } from './bearer-token.ts';
import { retryAfterMs } from './connection.ts';
import { TokenRefused, type VerifyToken } from './identity.ts';
import type { Rooms } from './rooms.ts';
import { StoreUnavailable } from './store.ts';

export interface RestDeps {
  readonly rooms: Rooms;
  readonly verify: VerifyToken;
  readonly random: () => number;
  readonly draining: () => boolean;
}

const WEDDING_PATH = /^\/v1\/weddings\/([^/]+)\/presence$/;

/** Answers `GET /v1/weddings/ID/presence` with the members now; every error is JSON with a code. */
export function createRestHandler(
  deps: RestDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(deps, request, response).catch(() => refuse(response, 500, 'internal', 'the server failed'));
  };
}

async function answer(deps: RestDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = WEDDING_PATH.exec(requestUrl(request).pathname)?.[1];
  if (name === undefined) return refuse(response, 404, 'not_found', 'there is nothing here');
  if (request.method !== 'GET') {
    response.setHeader('allow', 'GET');
    return refuse(response, 405, 'method_not_allowed', 'only GET');
  }
  if (deps.draining()) response.setHeader('connection', 'close');
  try {
    const identity = await deps.verify(bearerToken(request));
    const wedding = decode(name);
    if (wedding === undefined || !identity.weddings.has(wedding)) {
      return refuse(response, 404, 'unknown_wedding', 'the token does not name this wedding');
    }
    const { epoch, seq, members } = await deps.rooms.read(wedding);
    send(response, 200, { wedding, epoch, seq, members });
  } catch (error) {
    refuseError(response, error, deps.random);
  }
}

function refuseError(response: ServerResponse, error: unknown, random: () => number): void {
  if (error instanceof TokenRefused) {
    const status = error.code === 'internal' ? 503 : 401;
    refuse(response, status, error.code, error.message);
    return;
  }
  if (!(error instanceof StoreUnavailable)) throw error;
  const ms = retryAfterMs(random);
  response.setHeader('retry-after', Math.ceil(ms / 1_000));
  send(response, 503, { code: 'unavailable', message: 'Redis did not confirm in time', retryAfterMs: ms });
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

type RestCode = ErrorCode | 'not_found' | 'method_not_allowed';

function refuse(response: ServerResponse, status: number, code: RestCode, message: string): void {
  send(response, status, { code, message });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
