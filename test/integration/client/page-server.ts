import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves the files of a folder to a browser, as a web server of an application would. */
export interface PageServer {
  readonly origin: string;
  /** What pages have sent to `/report`, in order. */
  readonly reports: readonly string[];
  close(): Promise<void>;
}

export async function servePages(folder: string): Promise<PageServer> {
  const reports: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        reports.push(body);
        response.end();
      });
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    try {
      const body = readFileSync(path.join(folder, pathname));
      response.setHeader('content-type', TYPES[path.extname(pathname)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    reports,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
