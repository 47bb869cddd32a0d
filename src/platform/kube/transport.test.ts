import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTransport, type Transport } from './transport.ts';

let server: Server;
let connections: number;
let requests: { url: string | undefined; headers: IncomingHttpHeaders }[];
let directory: string;
let transport: Transport;

beforeEach(async () => {
  connections = 0;
  requests = [];
  directory = await mkdtemp(path.join(tmpdir(), 'transport-'));
  server = createServer((request, response) => {
    requests.push({ url: request.url, headers: request.headers });
    if (request.url?.includes('watch=true')) response.write('{}\n');
    else response.end('{}');
  });
  // Unused connections stay open, also where this process stands still for as long as Node would keep them.
  server.keepAliveTimeout = 60_000;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  vi.useRealTimers();
  await transport.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

function open(user: object, cluster: object = {}, serverPath = ''): Transport {
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${serverPath}`;
  config.loadFromClusterAndUser(
    { name: 'test', server: url, skipTLSVerify: true, ...cluster },
    { name: 'user', ...user },
  );
  transport = createTransport({ config, userAgent: 'test/1' });
  return transport;
}

async function get(url: string): Promise<void> {
  const response = await transport.send('request', { method: 'GET', path: url });
  await response.body.dump();
}

describe('connections', () => {
  it('are kept: a hundred requests in a row need no hundred', async () => {
    open({ token: 't' });
    for (let count = 0; count < 100; count++) await get('/api');
    expect(requests).toHaveLength(100);
    // A second one when the first is not quite free again.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('of watches are others than those of requests', async () => {
    open({ token: 't' });
    await get('/api');
    const before = connections;
    const watch = await transport.send('watch', { method: 'GET', path: '/api?watch=true' });
    expect(connections).toBe(before + 1);
    await get('/api');
    expect(requests.at(-1)?.url).toBe('/api');
    watch.body.on('error', () => undefined);
    watch.body.destroy();
  });

  it('are not kept where each request asks for its own', async () => {
    open({ token: 't' });
    for (let count = 0; count < 5; count++) {
      const { body } = await transport.send('fresh', { method: 'GET', path: '/api' });
      await body.dump();
    }
    expect(connections).toBe(5);
  });

  it('are made anew when the CA changed on disk, and only then', async () => {
    const caFile = path.join(directory, 'ca.crt');
    await writeFile(caFile, 'first');
    open({ token: 't' }, { caFile });
    for (let count = 0; count < 20; count++) await get('/api');
    const before = connections;
    expect(before).toBeLessThanOrEqual(2);
    await writeFile(caFile, 'second');
    for (let count = 0; count < 20; count++) await get('/api');
    expect(connections).toBeGreaterThan(before);
    expect(connections).toBeLessThanOrEqual(before + 2);
  });

  it('are not opened after close', async () => {
    open({ token: 't' });
    await transport.close();
    await expect(get('/api')).rejects.toThrow('closed');
    expect(connections).toBe(0);
  });
});

describe('credentials', () => {
  it('follow the token file of a pod as the kubelet rotates it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const tokenFile = path.join(directory, 'token');
    await writeFile(tokenFile, 'first\n');
    open({ authProvider: { name: 'tokenFile', config: { tokenFile } } });
    await get('/api');
    await writeFile(tokenFile, 'second\n');
    vi.setSystemTime(Date.now() + 61_000);
    await get('/api');
    expect(requests.map((request) => request.headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
    expect(connections).toBe(1);
  });

  it('may be a user name and a password', async () => {
    open({ username: 'ada', password: 'pass' });
    await get('/api');
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ada:pass').toString('base64')}`);
  });
});

describe('beforeSend', () => {
  it('is asked when the connection is there, and what it throws keeps the request back', async () => {
    open({ token: 't' });
    const askedAt: number[] = [];
    const send = (beforeSend: () => void): Promise<unknown> =>
      transport
        .send('request', { method: 'PATCH', path: '/api', body: '{}', contentType: 'text/plain', beforeSend })
        .then(({ body }) => body.dump());
    await send(() => void askedAt.push(connections));
    expect(askedAt).toEqual([1]);
    expect(requests).toHaveLength(1);
    const refusal = send(() => {
      throw new Error('not the leader any more');
    });
    await expect(refusal).rejects.toThrow('not the leader any more');
    await get('/after');
    expect(requests.map(({ url }) => url)).toEqual(['/api', '/after']);
  });
});

it('keeps the path of a server that is behind a prefix, and says who asks', async () => {
  open({ token: 't' }, {}, '/k8s/clusters/c-1/');
  await get('/api/v1/pods?limit=1');
  expect(requests[0]?.url).toBe('/k8s/clusters/c-1/api/v1/pods?limit=1');
  expect(requests[0]?.headers['user-agent']).toBe('test/1');
});
