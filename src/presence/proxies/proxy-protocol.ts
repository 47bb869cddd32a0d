import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { nodeAddress } from './node-address.ts';
import { readProxyHeader } from './proxy-header.ts';

export interface ProxyProtocolDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Whether connections of this address begin with a PROXY header. Those of others never do. */
  readonly trusts: (address: string) => boolean;
  /** How long a header may take. */
  readonly withinMs: number;
  /** A trusted proxy sent something else; the socket is still open. */
  readonly refused: (socket: Socket, message: string) => void;
}

/**
 * Reads the PROXY header of connections from trusted proxies before an HTTP server sees them. The sender decides, and not what
 * the bytes look like: the specification forbids to guess (section 2), since anyone could then send a header.
 */
export class ProxyProtocol {
  readonly #deps: ProxyProtocolDeps;
  readonly #addresses = new WeakMap<object, string>();

  constructor(deps: ProxyProtocolDeps) {
    this.#deps = deps;
  }

  /** The address that the proxy named. Undefined: the connection itself has the address. */
  addressOf(socket: object): string | undefined {
    return this.#addresses.get(socket);
  }

  /** Stands before what the server does with a new connection. Call it before anything else listens for connections. */
  attach(server: Server): void {
    const serve = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const open = (): void => {
        for (const each of serve) each.call(server, socket);
      };
      const peer = nodeAddress(socket.remoteAddress ?? '');
      if (peer === undefined || !this.#deps.trusts(peer)) open();
      else this.#expectHeader(socket, open);
    });
  }

  #expectHeader(socket: Socket, open: () => void): void {
    let bytes: Buffer = Buffer.alloc(0);
    let cancel: Cancel = () => {};
    const end = (): void => {
      cancel();
      socket.off('readable', read).off('error', onError).off('close', end);
    };
    const onError = (): void => void socket.destroy();
    const read = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.kind === 'incomplete') return;
      end();
      if (header.kind === 'malformed') {
        socket.on('error', onError);
        this.#deps.refused(socket, header.message);
        return;
      }
      if (header.address !== undefined) this.#addresses.set(socket, header.address);
      if (bytes.length > header.bytes) socket.unshift(bytes.subarray(header.bytes));
      open();
    };
    socket.on('readable', read).on('error', onError).on('close', end);
    cancel = this.#deps.clock.setTimeout(() => socket.destroy(), this.#deps.withinMs);
  }
}
