import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { LEAN_PARAMETER, LEAN_VALUE, PRESENCE_PATH } from '../../api/protocol/limits.ts';
import { bearerToken, requestUrl } from '../auth/bearer-token.ts';
import { type Identity, TokenRefused, type VerifyToken } from '../auth/identity.ts';
import { TokenExpiry } from '../auth/token-expiry.ts';
import type { FleetConnection } from '../fleet/fleet.ts';
import type { AddressLimit } from '../limits/address-limit.ts';
import type { ClientAddress } from '../proxies/client-address.ts';
import { countedAddress } from '../proxies/node-address.ts';
import type { AddressRefusals } from './address-refusals.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import type { Engine, SocketEnd, SocketHandlers } from './engine.ts';
import type { PendingConnections } from './pending-connections.ts';
import { destroy, type Handshake, type Refusal, Refusals, refuseByHttp } from './refusals.ts';

export interface GatewayDeps extends ConnectionDeps {
  readonly engine: Engine;
  readonly verify: VerifyToken;
  readonly pending: Pick<PendingConnections, 'admit'>;
  readonly maxConnections: number;
  /** Where a request came from; undefined: that is not known here. */
  readonly addressOf: (request: IncomingMessage) => ClientAddress | undefined;
  readonly addressRefusals: AddressRefusals;
  readonly addresses: AddressLimit;
  readonly allowedOrigins: readonly string[];
}

/** Accepts or refuses handshakes, and owns the accepted connections. */
export class Gateway {
  readonly #deps: GatewayDeps;
  readonly #connections = new Map<string, Connection>();
  readonly #expiry: TokenExpiry;
  readonly #refusals: Refusals;
  readonly #ends = new Set<Promise<void>>();
  #draining = false;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#expiry = new TokenExpiry(deps.clock, () => this.#connections.values());
    this.#refusals = new Refusals(deps);
  }

  /** Connections whose token was accepted, and no others. */
  get connections(): number {
    return this.#connections.size;
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

  /** Connections that can be moved to another server, each only once. */
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

  /** Ends the connections and memberships of people who are refused for a time. */
  revoke(): void {
    for (const connection of this.live()) connection.revoke();
  }

  /** Refuses every handshake from now on. */
  stopAccepting(): void {
    this.#draining = true;
  }

  /** Resolves when Redis knows of every connection that ended. */
  async settled(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends);
  }

  /** A request to become a WebSocket. It becomes one when its token is good; the check comes before the handshake. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', destroy);
    if (requestUrl(request).pathname !== PRESENCE_PATH) {
      refuseByHttp(socket, 404, { code: 'not_found' });
      return;
    }
    const client = this.#deps.addressOf(request);
    if (client?.kind === 'malformed') {
      this.#deps.addressRefusals.refuse(socket, client.message, request.socket.remoteAddress);
      return;
    }
    const handshake = { request, socket, head, address: client?.address };
    const refusal = this.#refusalOfRequest(request);
    if (refusal !== undefined) this.#turnAway(handshake, refusal, false);
    else void this.#verify(handshake);
  }

  #refusalOfRequest(request: IncomingMessage): Refusal | undefined {
    if (this.#draining) return { code: 'draining' };
    const { origin } = request.headers;
    const { allowedOrigins } = this.#deps;
    // Programs send no Origin; browsers always do, and pages cannot change it.
    const isForbidden = origin !== undefined && allowedOrigins.length > 0 && !allowedOrigins.includes(origin);
    return isForbidden ? { code: 'origin_refused' } : undefined;
  }

  async #verify(handshake: Handshake): Promise<void> {
    let identity: Identity;
    try {
      identity = await this.#deps.verify(bearerToken(handshake.request));
    } catch (error) {
      const { code, message } = this.#tokenRefusal(error);
      this.#deps.metrics.failed(code);
      this.#deps.metrics.notJoined(code);
      this.#logRefusal(handshake, code);
      // Of an expired token the signature was good.
      this.#refusals.refuse(handshake, { code, message }, code === 'token_expired');
      return;
    }
    this.#deps.pending.admit(handshake.socket);
    if (handshake.socket.destroyed) return;
    const refusal = this.#refusalOfUser(identity.user, handshake.address);
    if (refusal === undefined) this.#accept(handshake, identity);
    else this.#turnAway(handshake, refusal, true);
  }

  #tokenRefusal(error: unknown): TokenRefused {
    if (error instanceof TokenRefused) return error;
    this.#deps.log.error({ err: error }, 'a token could not be checked');
    return new TokenRefused('internal', 'the token could not be checked');
  }

  /** Asked right before the handshake, so that nothing can change in between. */
  #refusalOfUser(user: string, address: string | undefined): Refusal | undefined {
    const { limits, clock, maxConnections, addresses } = this.#deps;
    if (this.#draining) return { code: 'draining' };
    if (this.#connections.size >= maxConnections) return { code: 'over_capacity' };
    if (address !== undefined && !addresses.admits(countedAddress(address)))
      return { code: 'too_many_connections', message: 'this address has as many connections as it may have' };
    return limits.admit(user, clock.monotonicMs());
  }

  #accept({ request, socket, head, address }: Handshake, identity: Identity): void {
    const lean = wantsLean(request);
    this.#deps.engine.accept(request, socket, head, (open) => {
      const connection = new Connection(randomUUID(), open, identity, lean, this.#deps);
      this.#connections.set(connection.id, connection);
      this.#expiry.add(connection);
      connection.start();
      if (address === undefined) return new ConnectionHandlers(connection, this.#ended);
      const release = this.#deps.addresses.open(countedAddress(address));
      this.#deps.log.debug({ connection: connection.id, address }, 'connected');
      return new ConnectionHandlers(connection, (ended, end) => {
        release();
        this.#ended(ended, end);
      });
    });
  }

  readonly #ended = (connection: Connection, end: SocketEnd): void => {
    this.#connections.delete(connection.id);
    if (this.#connections.size === 0) this.#expiry.close();
    const tracked = connection.end(end).finally(() => this.#ends.delete(tracked));
    this.#ends.add(tracked);
  };

  /** At level `debug`: a flood of refusals must not become one of lines. */
  #logRefusal({ address }: Handshake, code: ErrorCode): void {
    this.#deps.log.debug({ address, code }, 'a connection was refused');
  }

  #turnAway(handshake: Handshake, refusal: Refusal, hasToken: boolean): void {
    this.#deps.metrics.refused(refusal.code);
    this.#deps.metrics.notJoined(refusal.code);
    this.#logRefusal(handshake, refusal.code);
    this.#refusals.refuse(handshake, refusal, hasToken);
  }
}

/** Hands the events of a socket to its connection. A class, so that all sockets share its functions. */
class ConnectionHandlers implements SocketHandlers {
  readonly #connection: Connection;
  readonly #onEnd: (connection: Connection, end: SocketEnd) => void;

  constructor(connection: Connection, onEnd: (connection: Connection, end: SocketEnd) => void) {
    this.#connection = connection;
    this.#onEnd = onEnd;
  }

  onDrain(): void {
    this.#connection.drained();
  }

  onText(text: string): void {
    this.#connection.receive(text);
  }

  onBinary(): void {
    this.#connection.fail('malformed_frame', 'frames are JSON text, not binary');
  }

  onOversize(): void {
    this.#connection.fail('frame_too_large', 'the frame is too large');
  }

  onEnd(end: SocketEnd): void {
    this.#onEnd(this.#connection, end);
  }
}

/** Whether the client asks for members in their lean form. */
function wantsLean(request: IncomingMessage): boolean {
  return requestUrl(request).searchParams.get(LEAN_PARAMETER) === LEAN_VALUE;
}
