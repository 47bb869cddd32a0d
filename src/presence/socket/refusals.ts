import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorCodeRule } from '../../api/protocol/codes.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { Lru } from '../limits/lru.ts';
import { type Rate, TokenBucket } from '../limits/token-bucket.ts';
import { countedAddress } from '../proxies/node-address.ts';
import { retryAfterMs } from './connection.ts';
import type { Engine, EngineSocket, SocketHandlers } from './engine.ts';

/** A request to become a WebSocket, as Node hands it over. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Address of the client; undefined where it is not known which one that is. */
  readonly address: string | undefined;
}

/** Why a handshake is refused. */
export interface Refusal {
  readonly code: ErrorCode;
  /** Left out: the meaning of the code. */
  readonly message?: string;
  /** Left out: a hint of the usual length, where trying again can help. */
  readonly retryAfterMs?: number;
}

export interface RefusalsDeps {
  readonly engine: Engine;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly random: () => number;
}

/** Refused WebSockets that may be open at a time, for clients with a good token and for the others. */
const MAX_OPEN = 64;
/** Clients without a good token that get a frame. A frame takes a handshake, which costs ten times what a status does. */
const FRAMES_WITHOUT_TOKEN: Rate = { perSecond: 50, burst: MAX_OPEN };
/** Of these for one address, so that no address takes the frames of all others. People of a venue share one. */
const FRAMES_PER_ADDRESS: Rate = { perSecond: 5, burst: MAX_OPEN / 4 };
/** Addresses whose frames are counted. Who has more can take all frames; the server then answers with a status. */
const MAX_ADDRESSES = 1_024;

/**
 * Refuses handshakes. A browser shows its page neither status nor body of a refused handshake, so as long as there are few
 * the WebSocket is opened, only to send an error frame; the rest get a plain HTTP answer.
 */
export class Refusals {
  readonly #deps: RefusalsDeps;
  readonly #withToken = { open: 0 };
  readonly #withoutToken = { open: 0 };
  readonly #frames: TokenBucket;
  readonly #framesOf = new Lru<string, TokenBucket>(MAX_ADDRESSES);

  constructor(deps: RefusalsDeps) {
    this.#deps = deps;
    this.#frames = new TokenBucket(FRAMES_WITHOUT_TOKEN, deps.clock.monotonicMs());
  }

  /** @param hasToken whether the client has shown a good token */
  refuse({ request, socket, head, address }: Handshake, refusal: Refusal, hasToken: boolean): void {
    const slots = hasToken ? this.#withToken : this.#withoutToken;
    const mayOpen = slots.open < MAX_OPEN && (hasToken || this.#mayFrame(address));
    if (!mayOpen) {
      refuseByHttp(socket, STATUS[refusal.code] ?? 503, this.#bodyOf(refusal));
      return;
    }
    this.#deps.engine.accept(request, socket, head, (open) => {
      slots.open++;
      this.#sendAndClose(open, refusal);
      return new RefusedSocket(slots);
    });
  }

  /** The address is asked first: one that has had its share takes nothing of the others. */
  #mayFrame(address: string | undefined): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (address === undefined) return this.#frames.take(nowMs);
    const counted = countedAddress(address);
    const own = this.#framesOf.get(counted) ?? new TokenBucket(FRAMES_PER_ADDRESS, nowMs);
    this.#framesOf.set(counted, own);
    return own.take(nowMs) && this.#frames.take(nowMs);
  }

  #sendAndClose(socket: EngineSocket, refusal: Refusal): void {
    const { code } = refusal;
    socket.send(JSON.stringify({ type: 'error', ...this.#bodyOf(refusal), fatal: true }));
    socket.close(errorCodeRule(code).close ?? INTERNAL_ERROR, code);
  }

  #bodyOf({ code, message, retryAfterMs: hintMs }: Refusal): RefusalBody {
    const rule = errorCodeRule(code);
    const body = { code, message: message ?? rule.meaning };
    return rule.retry ? { ...body, retryAfterMs: hintMs ?? retryAfterMs(this.#deps.random) } : body;
  }
}

/** RFC 6455 section 7.4.1: the server met an unexpected condition. */
const INTERNAL_ERROR = 1011;

/** HTTP statuses of refusals; 503 for the others. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  unauthorized: 401,
  token_expired: 401,
  revoked: 403,
  origin_refused: 403,
  too_many_connections: 429,
  connecting_too_fast: 429,
};

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

interface RefusalBody {
  readonly code: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/** Answers a handshake with a status and a JSON body, and ends the socket. */
export function refuseByHttp(socket: Duplex, status: number, refusal: RefusalBody): void {
  const body = JSON.stringify(refusal);
  const retry =
    refusal.retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(refusal.retryAfterMs / 1_000)}`];
  const head = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...retry,
  ];
  // Without this a client that never closes its side would keep the socket.
  socket.once('finish', destroy);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** One for all sockets; it lives as long as they do, so nothing of a request may be in its scope. */
export function destroy(this: Duplex): void {
  this.destroy();
}

/** Reads nothing, and gives its place back when it ends. */
class RefusedSocket implements SocketHandlers {
  readonly #slots: { open: number };

  constructor(slots: { open: number }) {
    this.#slots = slots;
  }

  onText(): void {}
  onBinary(): void {}
  onOversize(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.#slots.open--;
  }
}
