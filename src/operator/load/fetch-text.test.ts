import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { fetchText } from './fetch-text.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const never = new AbortController().signal;

it('reads an answer', async () => {
  const url = await serve((_request, response) => response.end('presence_connections 3\n'));
  expect(await fetchText(url, never)).toBe('presence_connections 3\n');
});

it('reads no more than a million characters of an endless answer, and ends the connection', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const url = await serve((_request, response) => {
    const pour = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', pour).on('close', resolve);
    pour();
  });
  await expect(fetchText(url, never)).rejects.toThrow('longer than 1000000 bytes');
  await closed;
});

it('does not unpack more than that either', async () => {
  const packed = gzipSync(Buffer.alloc(50_000_000, 'x'));
  const url = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
  );
  await expect(fetchText(url, never)).rejects.toThrow('longer than 1000000 bytes');
});

it.each([
  ['a head', (): void => {}],
  ['the rest of a body', (_request, response) => void response.writeHead(200).write('presence_')],
] satisfies [string, RequestListener][])(
  'waits for %s as long as the signal lets it',
  async (_what, listener) => {
    const limit = new AbortController();
    const asked = fetchText(await serve(listener), limit.signal);
    const ended = expect(asked).rejects.toThrow('too late');
    limit.abort(new Error('too late'));
    await ended;
  },
);

it('follows no redirect and takes no other status', async () => {
  const other = await serve((_request, response) => response.end('presence_connections 1\n'));
  const moved = await serve((_request, response) => response.writeHead(302, { location: other }).end());
  await expect(fetchText(moved, never)).rejects.toThrow();
  const missing = await serve((_request, response) => response.writeHead(404).end());
  await expect(fetchText(missing, never)).rejects.toThrow('HTTP 404');
});
