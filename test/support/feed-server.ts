import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of feeds on this machine whose answers a test sets. */
export class FeedServer {
  answer: Answer = (_request, response) => response.writeHead(404).end();
  /** Status codes that were sent, in order. */
  readonly sent: number[] = [];
  readonly #server = createServer((request, response) => {
    response.on('finish', () => this.sent.push(response.statusCode));
    this.answer(request, response);
  });

  static async start(): Promise<FeedServer> {
    const server = new FeedServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/feed.ics?token=secret`;
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
