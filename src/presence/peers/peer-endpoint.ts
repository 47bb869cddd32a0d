import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PeerKey } from './peer-key.ts';
import { MAX_MESSAGE_BYTES, type PeerMessage, parsePeerMessage } from './peer-message.ts';
import { PEER_HEADER } from './peers.ts';

export interface PeerEndpointDeps {
  readonly incarnation: string;
  readonly key: PeerKey;
  readonly received: (result: 'ok' | 'refused') => void;
  /** A peer sent what it wants of some weddings. */
  readonly take: (from: string, message: PeerMessage) => void;
}

/** With nonce and tag. */
const MAX_SEALED_BYTES = MAX_MESSAGE_BYTES + 64;

/** Why a message is refused: the code in the body of the answer, by status. */
const REFUSALS = {
  400: 'invalid_message',
  401: 'peer_unauthorized',
  405: 'method_not_allowed',
  413: 'message_too_large',
} as const;

/** Accepts sealed messages of peers. Other requests are refused without reading their content. */
export function createPeerEndpoint(
  deps: PeerEndpointDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const status = await take(deps, request);
    deps.received(status === 204 ? 'ok' : 'refused');
    if (status === 204) {
      response.writeHead(204).end();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ code: REFUSALS[status] }));
  };
}

async function take(deps: PeerEndpointDeps, request: IncomingMessage): Promise<204 | keyof typeof REFUSALS> {
  if (request.method !== 'POST') return 405;
  const from = request.headers[PEER_HEADER];
  if (typeof from !== 'string') return 401;
  if (Number(request.headers['content-length'] ?? 0) > MAX_SEALED_BYTES) return 413;
  const sealed = await readBody(request);
  if (sealed === undefined) return 413;
  const body = deps.key.open({ from, to: deps.incarnation }, sealed);
  if (body === undefined) return 401;
  const message = parsePeerMessage(body);
  if (message === undefined) return 400;
  deps.take(from, message);
  return 204;
}

/** Undefined when the body is too large; the connection is then closed. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_SEALED_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
