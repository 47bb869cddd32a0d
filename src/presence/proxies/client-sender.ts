import type { IncomingMessage, Server } from 'node:http';
import {
  addressesIn,
  type ClientAddress,
  type ClientAddressConfig,
  clientAddress,
} from './client-address.ts';
import { ProxyProtocol, type ProxyProtocolDeps } from './proxy-protocol.ts';

/** Finds out where connections and requests come from, as the configuration says. */
export class ClientSender {
  readonly #config: ClientAddressConfig | undefined;
  readonly #trusts: (address: string) => boolean;
  readonly #protocol: ProxyProtocol | undefined;

  constructor(config: ClientAddressConfig | undefined, deps: Omit<ProxyProtocolDeps, 'trusts'>) {
    this.#config = config;
    this.#trusts = addressesIn(config?.trustedProxies ?? []);
    if (config?.source === 'ProxyProtocol')
      this.#protocol = new ProxyProtocol({ ...deps, trusts: this.#trusts });
  }

  /** Call it before anything else listens for connections of the server. */
  attach(server: Server): void {
    this.#protocol?.attach(server);
  }

  /** Undefined without a configuration: there may be proxies in between. */
  addressOf({ socket, headers }: IncomingMessage): ClientAddress | undefined {
    if (this.#config === undefined) return undefined;
    const peer = this.#protocol?.addressOf(socket) ?? socket.remoteAddress ?? '';
    return clientAddress(this.#config.source, this.#trusts, peer, headers);
  }
}
