import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorCodeRule } from '../../api/protocol/codes.ts';
import { LEAN_PARAMETER, LEAN_VALUE, PRESENCE_PATH } from '../../api/protocol/limits.ts';
import { bearerToken, requestUrl } from '../auth/bearer-token.ts';
import { TokenRefused, type VerifyToken } from '../auth/identity.ts';
import { TokenExpiry } from '../auth/token-expiry.ts';
import type { FleetConnection } from '../fleet/fleet.ts';
import { Connection, type ConnectionDeps, retryAfterMs } from './connection.ts';
import type { Engine, EngineSocket, SocketEnd, SocketHandlers } from './engine.ts';

export interface GatewayDeps extends ConnectionDeps {
  readonly engine: Engine;
  readonly verify: VerifyToken;
  readonly maxConnections: number;
  readonly allowedOrigins: readonly string[];
}

type Refusal = Extract<ErrorCode, 'over_capacity' | 'draining' | 'origin_refused'>;

/**
 * Sockets beyond the cap that are opened only to be told why and when to come back, which is all that a browser can
 * read. What comes on top of these gets a plain HTTP 503.
 */
const MOST_REFUSALS_AT_ONCE = 64;

/** Decides who gets in, and owns the connections that did. */
export class Gateway {
  readonly #deps: GatewayDeps;
  readonly #connections = new Map<string, Connection>();
  readonly #expiry: TokenExpiry;
  readonly #ends = new Set<Promise<void>>();
  #open = 0;
  #refusing = 0;
  #draining = false;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#expiry = new TokenExpiry(deps.clock, () => this.#connections.values());
  }

  get connections(): number {
    return this.#open;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** The connections that a drain has to move. */
  live(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** Bytes that clients have not read yet. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const connection of this.#connections.values()) sum += connection.bufferedBytes;
    return sum;
  }

  /** Those that can be asked to go to another server, each only once. */
  movable(isQuiet: (wedding: string) => boolean): FleetConnection[] {
    return this.live()
      .filter((connection) => !connection.announced)
      .map((connection) => ({
        lane: connection.lane,
        quiet: connection.weddings.some(isQuiet),
        move: () => {
          this.#deps.metrics.moved();
          connection.announceMove();
        },
      }));
  }

  /** From now on nobody gets in. */
  stopAccepting(): void {
    this.#draining = true;
  }

  /** Resolves when Redis knows of every connection that ended. */
  async settled(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends);
  }

  /** A request to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', destroy);
    if (requestUrl(request).pathname !== PRESENCE_PATH) {
      refuseByHttp(socket, 404, 'Not Found', { code: 'not_found' });
      return;
    }
    const refusal = this.#refusal(request);
    if (refusal === undefined) {
      const token = bearerToken(request);
      const lean = wantsLean(request);
      this.#deps.engine.accept(request, socket, head, (open) => this.#accept(open, token, lean));
      return;
    }
    if (this.#refusing >= MOST_REFUSALS_AT_ONCE) this.#refuseByHttp(socket, refusal);
    else this.#deps.engine.accept(request, socket, head, (open) => this.#refuse(open, refusal));
  }

  #refusal(request: IncomingMessage): Refusal | undefined {
    if (this.#draining) return 'draining';
    const { origin } = request.headers;
    const { allowedOrigins } = this.#deps;
    // Programs send no Origin; browsers always do, and cannot lie about it.
    if (origin !== undefined && allowedOrigins.length > 0 && !allowedOrigins.includes(origin)) {
      return 'origin_refused';
    }
    return this.#open >= this.#deps.maxConnections ? 'over_capacity' : undefined;
  }

  #accept(socket: EngineSocket, token: string | undefined, lean: boolean): SocketHandlers {
    this.#open++;
    // What the client sends before its token is checked waits unread.
    socket.pause();
    const visitor = new Visitor(this.#left);
    void this.#authenticate(socket, token, lean).then((connection) => {
      if (connection === undefined) return;
      // A drain that began meanwhile tells only those who were in.
      if (visitor.ended || this.#draining) {
        void connection.end('closed');
        if (!visitor.ended) this.#turnAway(socket, 'draining');
        return;
      }
      visitor.connection = connection;
      this.#connections.set(connection.id, connection);
      this.#expiry.add(connection);
      connection.start();
      socket.resume();
    });
    return visitor;
  }

  readonly #left = (connection: Connection | undefined, end: SocketEnd): void => {
    this.#open--;
    if (connection !== undefined) this.#remember(connection, connection.end(end));
  };

  async #authenticate(
    socket: EngineSocket,
    token: string | undefined,
    lean: boolean,
  ): Promise<Connection | undefined> {
    try {
      const identity = await this.#deps.verify(token);
      return new Connection(randomUUID(), socket, identity, lean, this.#deps);
    } catch (error) {
      const refused =
        error instanceof TokenRefused
          ? error
          : new TokenRefused('internal', 'the token could not be checked');
      if (!(error instanceof TokenRefused))
        this.#deps.log.error({ err: error }, 'a token could not be checked');
      this.#deps.metrics.failed(refused.code);
      this.#sendErrorAndClose(socket, refused.code, refused.message);
      return undefined;
    }
  }

  #remember(connection: Connection, end: Promise<void>): void {
    this.#connections.delete(connection.id);
    if (this.#connections.size === 0) this.#expiry.close();
    const tracked = end.finally(() => this.#ends.delete(tracked));
    this.#ends.add(tracked);
  }

  #turnAway(socket: EngineSocket, refusal: Refusal): void {
    this.#deps.metrics.refused(refusal);
    this.#sendErrorAndClose(socket, refusal, errorCodeRule(refusal).meaning);
  }

  #refuse(socket: EngineSocket, refusal: Refusal): SocketHandlers {
    this.#refusing++;
    this.#turnAway(socket, refusal);
    return {
      ...{ onText: () => {}, onBinary: () => {}, onOversize: () => {}, onDrain: () => {} },
      onEnd: () => void this.#refusing--,
    };
  }

  #sendErrorAndClose(socket: EngineSocket, code: ErrorCode, message: string): void {
    const rule = errorCodeRule(code);
    // Unread, the answer to the close frame would not be seen.
    socket.resume();
    const retry = rule.retry ? { retryAfterMs: retryAfterMs(this.#deps.random) } : {};
    socket.send(JSON.stringify({ type: 'error', code, message, fatal: true, ...retry }));
    socket.close(rule.close ?? 1011, code);
  }

  #refuseByHttp(socket: Duplex, code: Refusal): void {
    this.#deps.metrics.refused(code);
    if (code === 'origin_refused') {
      refuseByHttp(socket, 403, 'Forbidden', { code, message: errorCodeRule(code).meaning });
      return;
    }
    const ms = retryAfterMs(this.#deps.random);
    refuseByHttp(socket, 503, 'Service Unavailable', {
      code,
      message: errorCodeRule(code).meaning,
      retryAfterMs: ms,
    });
  }
}

/** Who has a socket: nobody yet while the token is checked, then a connection. A class, so that its functions are shared. */
class Visitor implements SocketHandlers {
  connection: Connection | undefined;
  ended = false;
  readonly #left: (connection: Connection | undefined, end: SocketEnd) => void;

  constructor(left: (connection: Connection | undefined, end: SocketEnd) => void) {
    this.#left = left;
  }

  onDrain(): void {
    this.connection?.drained();
  }

  onText(text: string): void {
    this.connection?.receive(text);
  }

  onBinary(): void {
    this.connection?.fail('invalid_message', 'frames are JSON text, not binary');
  }

  onOversize(): void {
    this.connection?.fail('frame_too_large', 'the frame is too large');
  }

  onEnd(end: SocketEnd): void {
    this.ended = true;
    this.#left(this.connection, end);
  }
}

/** One for all sockets; it lives as long as they do, so nothing of a request may be in its scope. */
function destroy(this: Duplex): void {
  this.destroy();
}

/** Whether the client asks for members in their lean form. */
function wantsLean(request: IncomingMessage): boolean {
  return requestUrl(request).searchParams.get(LEAN_PARAMETER) === LEAN_VALUE;
}

interface HttpRefusal {
  readonly code: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

function refuseByHttp(socket: Duplex, status: number, phrase: string, refusal: HttpRefusal): void {
  const body = JSON.stringify(refusal);
  const retry =
    refusal.retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(refusal.retryAfterMs / 1_000)}`];
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...retry,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
