import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';

/** What a request was, as far as these tests look. */
interface Seen {
  method: string | undefined;
  path: string;
  user: string | undefined;
  body: string;
}

const CLUSTER = {
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind: 'PresenceCluster',
  metadata: { name: 'wedsync', namespace: 'weddings', resourceVersion: '7' },
  spec: {
    timeZone: 'Europe/London',
    freeze: {
      windows: [
        { name: 'year-end', from: '2026-12-24T18:00', until: '2027-01-02T08:00', reason: 'closed' },
        { name: 'now-old', from: '2026-12-01T10:00:00Z', until: '2026-12-01T12:00:00Z', reason: 'over' },
      ],
    },
  },
};

let server: Server;
let folder: string;
let kubeconfig: string;
const seen: Seen[] = [];
/** Answers nothing in namespace `silent`. */
async function answer(request: IncomingMessage): Promise<object | undefined> {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const user = request.headers['impersonate-user'];
  seen.push({ method: request.method, path: pathname, user: user?.toString(), body: await text(request) });
  if (pathname.includes('/silent/')) return undefined;
  if (request.method === 'PATCH')
    return { ...CLUSTER, ...JSON.parse(seen.at(-1)?.body ?? '{}'), metadata: CLUSTER.metadata };
  return pathname.endsWith('/wedsync')
    ? CLUSTER
    : {
        apiVersion: CLUSTER.apiVersion,
        kind: 'List',
        metadata: { resourceVersion: '7' },
        items: pathname.endsWith('/presenceclusters') ? [CLUSTER] : [],
      };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void answer(request).then((body) => {
      if (body === undefined) return;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
  kubeconfig = path.join(folder, 'config');
  const { port } = server.address() as AddressInfo;
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'weddings' } }],
      'current-context': 'x',
    }),
  );
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const cli = (...args: string[]) => {
  seen.length = 0;
  return runCli([...args, '--kubeconfig', kubeconfig]);
};

describe('requests of the command line', () => {
  it('are made in the name of the user that --as names, and without it in that of the kubeconfig', async () => {
    expect(await cli('status', '-o', 'name', '--as', 'ada')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(new Set(seen.map(({ user }) => user))).toEqual(new Set(['ada']));
    await cli('status', '-o', 'name');
    expect(new Set(seen.map(({ user }) => user))).toEqual(new Set([undefined]));
  });

  it('end at --request-timeout', async () => {
    const result = await cli('status', '-n', 'silent', '--request-timeout', '1s');
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: list .*1000 ms/),
    });
  });

  it('are repeated by --watch, which prints again only what has changed', async () => {
    const args = ['status', '--watch', '-o', 'name', '--kubeconfig', kubeconfig];
    expect(await runCli(args, { rounds: 3 })).toMatchObject({
      exitCode: 0,
      stdout: 'presencecluster.presence.wedsync.io/wedsync\n',
    });
  });

  it('complete names, and are few', async () => {
    seen.length = 0;
    const words = ['--kubeconfig', kubeconfig, 'explain', 'w'];
    expect((await runCli(['__complete', '--', ...words])).stdout).toBe('wedsync\n:4\n');
    expect(seen.map(({ path }) => path.split('/').at(-1))).toEqual(['presenceclusters']);
  });
});

describe('freeze now', () => {
  it('patches the version that it read: other windows stay, its own that are over go', async () => {
    const result = await cli('freeze', 'now', 'wedsync', '--for', '2h', '--reason', 'the venue moves');
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringContaining(
        'weddings/wedsync is frozen until 2027-01-01T02:00:00Z: the venue moves.',
      ),
    });
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({
      metadata: { resourceVersion: '7' },
      spec: {
        freeze: {
          windows: [
            CLUSTER.spec.freeze.windows[0],
            {
              name: 'now-20270101t000000z',
              from: '2027-01-01T00:00:00Z',
              until: '2027-01-01T02:00:00Z',
              reason: 'the venue moves',
            },
          ],
        },
      },
    });
  });
});
