import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isForbiddenAddress } from '../../src/operator/wedding-calendar/fetch/forbidden-address.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An address of this machine from which feeds may come: never the loopback address. */
export function feedAddress(): string {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const usable = own.find(({ address }) => !isForbiddenAddress(address, { allowPrivate: true }));
  if (usable !== undefined) return usable.address;
  throw new Error('tests of feeds need a network interface with a private or public address');
}

/** An address as a URL has it. */
export const urlHost = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** A server of feeds on this machine whose answers a test sets. */
export class FeedServer {
  answer: Answer = (_request, response) => response.writeHead(404).end();
  /** Status codes that were sent, in order. */
  readonly sent: number[] = [];
  readonly #server = createServer((request, response) => {
    response.on('finish', () => this.sent.push(response.statusCode));
    this.answer(request, response);
  });

  static async start(address = feedAddress(), port = 0): Promise<FeedServer> {
    const server = new FeedServer();
    await new Promise<void>((resolve) => server.#server.listen(port, address, resolve));
    return server;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${urlHost(address)}:${port}/feed.ics?token=secret`;
  }

  /** Serves a text with its ETag, and 304 to those who know it. */
  serve(text: string, headers: Record<string, string> = {}): void {
    const etag = `"${Buffer.from(text).toString('base64').slice(-40)}-${text.length}"`;
    this.answer = (request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else
        response
          .writeHead(200, { 'content-type': 'text/calendar; charset=utf-8', etag, ...headers })
          .end(text);
    };
  }

  fail(status: number): void {
    this.answer = (_request, response) => response.writeHead(status).end();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
