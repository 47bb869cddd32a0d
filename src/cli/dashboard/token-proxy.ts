import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { SECURITY_HEADERS } from '../../dashboard-feed/page-html.ts';
import { Refusal } from '../../dashboard-feed/refusal.ts';
import { checkLocalToken, checkLoopbackHost, LOOPBACK } from './loopback.ts';

export interface TokenProxyOptions {
  /** 0: any that is free. */
  port: number;
  /** What the browser brings; it never sees the token of the kubeconfig. */
  token: string;
  /** Where the dashboard in the cluster is reached on this machine now. */
  upstreamPort: () => number | undefined;
  /** The token of the kubeconfig as it is now: those of plug-ins change. */
  bearer: () => Promise<string | undefined>;
}

/** Passes requests of this machine on to the dashboard in the cluster, with the token of the kubeconfig. */
export class TokenProxy {
  readonly #options: TokenProxyOptions;
  readonly #server: Server;

  constructor(options: TokenProxyOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch((error: unknown) => refuse(response, error));
    });
  }

  /** Listens. @returns the port */
  async start(): Promise<number> {
    this.#server.listen(this.#options.port, LOOPBACK);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET')
      throw new Refusal(405, 'only GET is answered: nothing can be changed here, use kubectl');
    checkLoopbackHost(request.headers.host, (this.#server.address() as AddressInfo).port);
    const { url: path = '/' } = request;
    const headers: Record<string, string> = {};
    if (path.startsWith('/api/')) {
      checkLocalToken(request.headers, this.#options.token);
      headers.authorization = `Bearer ${(await this.#options.bearer()) ?? ''}`;
    }
    const port = this.#options.upstreamPort();
    if (port === undefined)
      throw new Refusal(502, 'kubectl port-forward connects again: the page asks again by itself');
    const left = new AbortController();
    response.on('close', () => left.abort());
    const sent = openRequest({ host: LOOPBACK, port, path, headers, signal: left.signal }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const { statusCode = 502 } = answer;
    // The page would ask for another token, and there is none to enter here: it tells the reason and asks again.
    response.writeHead(statusCode === 401 || statusCode === 403 ? 502 : statusCode, answer.headers);
    response.flushHeaders();
    await pipeline(answer, response);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Refusal ? error.code : 502;
  response.writeHead(code, { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(message);
}
