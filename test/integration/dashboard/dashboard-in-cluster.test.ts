import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetUpdate } from '../../../src/api/dashboard/fleet.ts';
import { forwardDashboard } from '../../../src/cli/dashboard/forward-dashboard.ts';
import {
  CLIENT_TYPES,
  createDashboardProgram,
  type DashboardProgram,
} from '../../../src/dashboard-server/dashboard-program.ts';
import { RefusalReport } from '../../../src/dashboard-server/refusal-report.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { runCli } from '../../support/run-cli.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { startChromium } from '../client/chromium.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { applyRecorded, pageScript } from './dashboard-world.ts';
import { EVENING, RECORDED } from './wedding-evening.ts';

const START_MS = 600_000;
const POLL = { timeout: 60_000 };
const PROXY = { userHeader: 'X-User', groupsHeader: 'X-Groups', secret: 'a secret of the proxy' };
/** What the built-in role view has of the page, with what the chart adds to it. */
const VIEW = [
  {
    apiGroups: ['presence.wedsync.io'],
    resources: ['presenceclusters', 'weddings', 'rolloutfreezes', 'rolloutoverrides'],
    verbs: ['list'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list'] },
];

let kinds: InstalledKinds;
let client: KubeClient;
let program: DashboardProgram;
const registry = new Registry();
let port: number;
let folder: string;

beforeAll(async () => {
  kinds = await startWithKinds();
  folder = await mkdtemp(path.join(tmpdir(), 'dashboard-'));
  await applyRecorded(kinds.client, RECORDED);
  await grant('weddings', { kind: 'User', name: 'visitor', apiGroup: 'rbac.authorization.k8s.io' });
  await grant('weddings', { kind: 'ServiceAccount', name: 'screen', namespace: 'weddings' });
  await grant('weddings', { kind: 'Group', name: 'planners', apiGroup: 'rbac.authorization.k8s.io' });
  client = createKubeClient({
    config: loadKubeConfig({ path: kinds.server.kubeconfig }),
    clock: systemClock,
    types: CLIENT_TYPES,
  });
  program = createDashboardProgram({
    client,
    clock: new ShiftedClock(EVENING.getTime() - Date.now()),
    version: '1.2.3',
    namespaces: [],
    script: await pageScript(),
    host: '127.0.0.1',
    port: 0,
    proxy: PROXY,
    report: new RefusalReport({ registry, clock: systemClock, log: silentLogger() }),
  });
  port = await program.start();
  const all = RECORDED.filter(({ object }) => object.kind === 'PresenceCluster').length;
  await eventually({ what: 'all rows', withinSeconds: 120 }, async () => {
    program.state.checkReady();
    return (await boardOf(bearer(kinds.server.token))).length === all;
  });
}, START_MS);

afterAll(async () => {
  await program?.stop();
  await client?.close();
  await kinds?.stop();
  await removeDirectory(folder);
}, START_MS);

const rbac = (kind: string, namespace: string, name: string, rest: object): { object: KubeObject } => ({
  object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, namespace }, ...rest },
});

/** Lets a subject see one namespace. */
async function grant(namespace: string, subject: Record<string, string>): Promise<void> {
  const name = `looks-${subject.name ?? ''}`;
  await applyRecorded(kinds.client, [
    rbac('Role', namespace, 'looks', { rules: VIEW }),
    rbac('RoleBinding', namespace, name, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looks' },
      subjects: [subject],
    }),
  ]);
}

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

async function open(url: string, headers: Record<string, string>, method = 'GET'): Promise<IncomingMessage> {
  const [response] = await once(request(url, { method, headers }).end(), 'response');
  return response as IncomingMessage;
}

async function ask(where: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const response = await open(`http://127.0.0.1:${port}${where}`, headers, method);
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** The first whole board that a viewer gets. The API server answers a new right a moment after it is written. */
async function boardOf(
  headers: Record<string, string>,
  base = `http://127.0.0.1:${port}`,
): Promise<string[]> {
  let keys: string[] = [];
  await eventually({ what: 'a board', withinSeconds: 120 }, async () => {
    const response = await open(`${base}/api/fleet`, headers);
    if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${await text(response)}`);
    let heard = '';
    for await (const piece of response.setEncoding('utf8')) {
      heard += piece as string;
      const found = /event: fleet\ndata: (.*)\n\n/.exec(heard)?.[1];
      if (found === undefined) continue;
      keys = (JSON.parse(found) as FleetUpdate).rows.map(({ key }) => key).sort();
      break;
    }
    return keys.length > 0;
  });
  return keys;
}

/** A token of a service account, which is made for it, for an audience. */
async function accountToken(name: string, audience: string): Promise<string> {
  await applyRecorded(kinds.client, [
    {
      object: {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: 'weddings' },
      },
    },
  ]);
  const response = await fetchApi(`/api/v1/namespaces/weddings/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience] },
  });
  return (response as { status: { token: string } }).status.token;
}

async function fetchApi(where: string, body: object): Promise<unknown> {
  const { request: send } = await import('node:https');
  const sent = send(`${kinds.server.server}${where}`, {
    method: 'POST',
    ca: kinds.server.ca,
    headers: { ...bearer(kinds.server.token), 'content-type': 'application/json' },
  }).end(JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return JSON.parse(await text(response));
}

describe('the dashboard in the cluster', () => {
  it('shows the page to everybody, and data to nobody without a token', async () => {
    const page = await ask('/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers).not.toHaveProperty('set-cookie');
    for (const headers of [{}, { authorization: 'Basic YTpi' }]) {
      const answer = await ask('/api/fleet', headers);
      expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('--in-cluster') });
    }
    expect(await ask('/api/fleet', bearer('made-up'))).toMatchObject({ status: 401 });
    expect(await ask('/api/fleet', bearer(kinds.server.token), 'POST')).toMatchObject({ status: 405 });
  });

  it('shows each viewer the namespaces that it may list, by the RBAC of the API server', async () => {
    const all = await boardOf(bearer(kinds.server.token));
    expect(new Set(all.map((key) => key.split('/')[0])).size).toBeGreaterThan(1);
    const mine = await boardOf(bearer(kinds.server.visitorToken));
    expect(mine).toEqual(all.filter((key) => key.startsWith('weddings/')));
    const foreign = all.find((key) => !key.startsWith('weddings/')) ?? '';
    for (const view of [
      '',
      '/weddings/aroha-and-wiremu',
      '/explain?at=2027-06-05T18:30',
      '/calendar?day=2027-06-01',
    ]) {
      const answer = await ask(`/api/clusters/${foreign}${view}`, bearer(kinds.server.visitorToken));
      expect(answer.status, view).toBe(404);
    }
    const own = await ask(
      '/api/clusters/weddings/wedsync/explain?at=2027-06-05T18:30',
      bearer(kinds.server.visitorToken),
    );
    expect(own.status).toBe(200);
  });

  it('takes a token for the dashboard alone, and none for another program', async () => {
    expect(await boardOf(bearer(await accountToken('screen', 'presence-dashboard')))).toContain(
      'weddings/wedsync',
    );
    expect(await ask('/api/fleet', bearer(await accountToken('screen', 'vault')))).toMatchObject({
      status: 401,
    });
  });

  it('believes a proxy with its secret only, and asks the API server about the user that it names', async () => {
    const named = { 'x-user': 'ann@example.com', 'x-groups': 'planners' };
    expect(await ask('/api/fleet', named)).toMatchObject({ status: 401 });
    const fromProxy = { ...named, 'x-presence-proxy-secret': PROXY.secret };
    expect(await boardOf(fromProxy)).toContain('weddings/wedsync');
    const stranger = { ...fromProxy, 'x-groups': 'guests' };
    expect(await ask('/api/fleet', stranger)).toMatchObject({
      status: 403,
      body: expect.stringContaining('ann@example.com may not list'),
    });
  });

  it('asks for a token on the page, and then shows what the viewer may see', async () => {
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      await page.goto(`http://127.0.0.1:${port}/`);
      const main = async (): Promise<string> => (await page.locator('main').textContent()) ?? '';
      await expect.poll(main, POLL).toContain('A token is needed');
      expect(await main()).not.toContain('wedsync');
      await page.getByLabel('Token', { exact: true }).fill(kinds.server.visitorToken);
      await page.getByRole('button', { name: 'Look' }).click();
      await expect.poll(main, POLL).toContain('wedsync');
      await expect
        .poll(() => page.locator('.line').count(), POLL)
        .toBe((await boardOf(bearer(kinds.server.visitorToken))).length);
      await page.reload();
      await expect.poll(main, POLL).toContain('wedsync');
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('a viewer without rights', () => {
  it('is told so, and sees the page by "Try again" once an admin has granted them', async () => {
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/`);
      const main = async (): Promise<string> => (await page.locator('main').textContent()) ?? '';
      await expect.poll(main, POLL).toContain('A token is needed');
      await page.getByLabel('Token', { exact: true }).fill('no tökén');
      await page.getByRole('button', { name: 'Look' }).click();
      await expect.poll(main, POLL).toContain('This is no token');
      await page.getByLabel('Token', { exact: true }).fill(await accountToken('late', 'presence-dashboard'));
      await page.getByRole('button', { name: 'Look' }).click();
      await expect.poll(main, POLL).toContain('You have no right to look');
      expect(await main()).toContain('--clusterrole=view');
      await grant('weddings', { kind: 'ServiceAccount', name: 'late', namespace: 'weddings' });
      const again = page.getByRole('button', { name: 'Try again' });
      await eventually({ what: 'the board', withinSeconds: 120 }, async () => {
        if ((await again.count()) > 0) await again.click({ timeout: 5000 });
        return (await main()).includes('wedsync');
      });
      const metrics = await registry.metrics();
      expect(metrics).toMatch(/presence_dashboard_refusals_total\{code="401"\} [1-9]/);
      expect(metrics).toMatch(/presence_dashboard_refusals_total\{code="403"\} [1-9]/);
    } finally {
      await browser.close();
    }
  });
});

describe('kubectl presence dashboard --in-cluster', () => {
  /** Forwards as kubectl does, to the server of this test: there is no kubelet that could. */
  async function kubectl(): Promise<string> {
    const file = path.join(folder, 'kubectl.mjs');
    const forward = `import net from 'node:net';
if (!process.argv.includes('service/live-dashboard') || !process.argv.includes(':80')) process.exit(3);
const server = net.createServer((from) => {
  const to = net.connect(${port}, '127.0.0.1');
  from.pipe(to).pipe(from);
  for (const end of [from, to]) end.on('error', () => (from.destroy(), to.destroy()));
});
server.listen(0, '127.0.0.1', () => console.log('Forwarding from 127.0.0.1:' + server.address().port + ' -> 8080'));
`;
    const starter = path.join(folder, 'kubectl');
    await writeFile(file, forward);
    await writeFile(starter, `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`, { mode: 0o755 });
    return starter;
  }

  const labels = { 'app.kubernetes.io/component': 'dashboard', 'app.kubernetes.io/part-of': 'wedsync' };
  const service = {
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'live-dashboard', namespace: 'presence-system', labels },
      spec: { ports: [{ name: 'http', port: 80 }] },
    },
  };

  it('says so when there is none', async () => {
    const args = [
      'dashboard',
      '--in-cluster',
      'elsewhere',
      '--no-open',
      '--kubeconfig',
      kinds.server.kubeconfig,
    ];
    expect(await runCli(args)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('there is no dashboard in namespace elsewhere'),
    });
  });

  it('opens it with the token of the kubeconfig, which the browser never gets', async () => {
    await applyRecorded(kinds.client, [
      { object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'presence-system' } } },
      service,
      rbac('Role', 'presence-system', 'finds', {
        rules: [{ apiGroups: [''], resources: ['services'], verbs: ['list'] }],
      }),
      rbac('RoleBinding', 'presence-system', 'finds', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'finds' },
        subjects: [{ kind: 'User', name: 'visitor', apiGroup: 'rbac.authorization.k8s.io' }],
      }),
    ]);
    const user = createKubeClient({
      config: loadKubeConfig({ path: kinds.server.kubeconfig, context: 'visitor' }),
      clock: systemClock,
    });
    await eventually({ what: 'the right to find the Service', withinSeconds: 60 }, async () => {
      const { items } = await user.list(builtin.Service, { namespace: 'presence-system' });
      return items.length > 0;
    });
    await user.close();
    const stop = new AbortController();
    let ended: Promise<boolean> = Promise.resolve(false);
    const program = await kubectl();
    const url = await new Promise<string>((onReady, reject) => {
      ended = forwardDashboard({
        clock: systemClock,
        version: '1.2.3',
        target: { kubeconfig: kinds.server.kubeconfig, context: 'visitor', allNamespaces: false },
        namespace: 'presence-system',
        kubectl: program,
        port: 0,
        onReady,
        signal: stop.signal,
      });
      ended.catch(reject);
    }).catch(async (error: unknown) => {
      stop.abort();
      throw error;
    });
    try {
      const { origin, hash } = new URL(url);
      const token = hash.replace('#token=', '');
      expect(url).not.toContain(kinds.server.visitorToken);
      const mine = await boardOf(bearer(token), origin);
      expect(mine.every((key) => key.startsWith('weddings/'))).toBe(true);
      const answers = [
        await open(`${origin}/api/fleet`, bearer(kinds.server.visitorToken)),
        await open(`${origin}/api/fleet`, {}),
        await open(`${origin}/`, { host: 'evil.example' }),
        await open(`${origin}/`, {}, 'POST'),
        await open(`${origin}/`, {}),
      ];
      for (const answer of answers) answer.resume();
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 403, 405, 200]);
    } finally {
      stop.abort();
    }
    expect(await ended).toBe(true);
  });

  it('serves the page from here where the kubeconfig has no bearer token', async () => {
    const kubeconfig = path.join(folder, 'without-token');
    const certificate = Buffer.from('none').toString('base64');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'x',
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [
          { name: 'u', user: { 'client-certificate-data': certificate, 'client-key-data': certificate } },
        ],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const result = await runCli(['dashboard', '--in-cluster', '--no-open', '--kubeconfig', kubeconfig]);
    // It then asks the API server itself, which is not there.
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the page is served from here'),
    });
  });
});
