/**
 * `make bench-dashboard`: the dashboard in the cluster with 1,000 PresenceClusters and 200 viewers, each a user of its own. Memory,
 * processor time, the first view in Chromium, and the time of an update from the write to the viewers.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { loadavg } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PRESENCE_CLUSTER } from '../../../src/api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { repository } from '../../cluster/paths.ts';
import { startChromium } from '../../integration/client/chromium.ts';
import { applyRecorded } from '../../integration/dashboard/dashboard-world.ts';
import { RECORDED } from '../../integration/dashboard/wedding-evening.ts';
import { startWithKinds } from '../../integration/installed-kinds.ts';
import { MeasuredProcess } from '../operator/measured-process.ts';
import { createClusters, createWeddings } from '../operator/population.ts';

const CLUSTERS = 1000;
const WEDDINGS = 2000;
const VIEWERS = 200;
const IN_FLIGHT = 16;
const UPDATES = 30;
const BETWEEN_UPDATES_MS = 1000;
const QUIET_MS = 60_000;

const apiVersion = `${PRESENCE_CLUSTER.group}/${PRESENCE_CLUSTER.version}`;
const WRITE = { fieldManager: 'bench' };

async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return results;
}

/** The status of the recorded evening, with another number of pods. */
function writeStatus(client: KubeClient, index: number, readyReplicas: number): Promise<unknown> {
  const recorded = RECORDED.find(({ object }) => object.metadata.name === 'wedsync')?.status as {
    presence: object;
  };
  const metadata = { name: `cluster-${index}`, namespace: `bench-${Math.floor(index / 50)}` };
  const status = { ...recorded, presence: { ...recorded.presence, readyReplicas } };
  return client.applyStatus({ apiVersion, kind: PRESENCE_CLUSTER.kind, metadata, status }, WRITE);
}

/** A viewer that keeps only the end of what it hears. */
class Viewer {
  heard = '';
  bytes = 0;

  async open(port: number, token: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port, path: '/api/fleet', headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`a viewer got ${response.statusCode}`);
    response.setEncoding('utf8').on('data', (piece: string) => {
      this.bytes += piece.length;
      this.heard = (this.heard + piece).slice(-4000);
    });
  }
}

const wait = (ms: number): Promise<void> => systemClock.sleep(ms);

async function until(check: () => boolean): Promise<void> {
  while (!check()) await wait(5);
}

const quantile = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const kinds = await startWithKinds();
console.log(
  `load ${loadavg()
    .map((each) => each.toFixed(1))
    .join(' ')}`,
);
await createClusters(kinds.client, { from: 0, to: CLUSTERS });
await createWeddings(kinds.client, { from: 0, to: WEDDINGS });
await inParallel(CLUSTERS, (index) => writeStatus(kinds.client, index, 4));
await applyRecorded(kinds.client, [
  { object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'viewers' } } },
  {
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'looks' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['list'] }],
    } as never,
  },
  {
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'looks' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looks' },
      subjects: [
        {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Group',
          name: 'system:serviceaccounts:viewers',
        },
      ],
    } as never,
  },
]);
const tokens = await inParallel(VIEWERS, async (index) => {
  const metadata = { name: `viewer-${index}`, namespace: 'viewers' };
  await kinds.client.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, WRITE);
  return tokenOf(metadata.name);
});

async function tokenOf(name: string): Promise<string> {
  const { request: send } = await import('node:https');
  const sent = send(`${kinds.server.server}/api/v1/namespaces/viewers/serviceaccounts/${name}/token`, {
    method: 'POST',
    ca: kinds.server.ca,
    headers: { authorization: `Bearer ${kinds.server.token}`, 'content-type': 'application/json' },
  }).end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += piece as string;
  return (JSON.parse(body) as { status: { token: string } }).status.token;
}

const server = new MeasuredProcess(
  [
    process.execPath,
    '--optimize-for-size',
    '--max-semi-space-size=2',
    path.join(repository, 'dist/dashboard-server.js'),
  ],
  { KUBECONFIG: kinds.server.kubeconfig, DASHBOARD_PORT: '0', METRICS_PORT: '0' },
);
let port = 0;
for await (const line of createInterface({ input: server.child.stdout as NodeJS.ReadableStream })) {
  const said = JSON.parse(line) as { port?: number };
  if (said.port === undefined) continue;
  port = said.port;
  break;
}
server.child.stdout?.resume();

const browser = await startChromium();
try {
  const first = new Viewer();
  await first.open(port, kinds.server.token);
  await until(() => first.bytes > CLUSTERS * 300);
  await wait(2000);
  console.log(`memory with one viewer: ${server.rssMiB().toFixed(0)} MiB`);

  const page = await browser.newPage();
  await page.addInitScript(`sessionStorage.setItem('presence-dashboard-token', '${kinds.server.token}')`);
  const views: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const from = performance.now();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.locator('.line').first().waitFor();
    views.push(performance.now() - from);
  }
  console.log(`first view: ${views.map((each) => each.toFixed(0)).join(', ')} ms`);

  const viewers = await inParallel(VIEWERS, async (index) => {
    const viewer = new Viewer();
    await viewer.open(port, tokens[index] ?? '');
    return viewer;
  });
  await until(() => viewers.every(({ bytes }) => bytes > CLUSTERS * 300));
  console.log(`memory with ${VIEWERS} viewers: ${server.rssMiB().toFixed(0)} MiB`);
  let before = server.cpuSeconds();
  await wait(QUIET_MS);
  const quiet = ((server.cpuSeconds() - before) * 1000) / QUIET_MS;
  console.log(`processor, nothing changes: ${(100 * quiet).toFixed(1)} % of a core`);

  const toViewers: number[] = [];
  const toScreen: number[] = [];
  before = server.cpuSeconds();
  const begun = performance.now();
  for (let update = 0; update < UPDATES; update += 1) {
    const pods = 1000 + update;
    const from = performance.now();
    await writeStatus(kinds.client, 0, pods);
    const onScreen = page
      .locator('.line', { hasText: `${pods} of` })
      .waitFor()
      .then(() => toScreen.push(performance.now() - from));
    await until(() => viewers.every(({ heard }) => heard.includes(`"readyPods":${pods}`)));
    toViewers.push(performance.now() - from);
    await onScreen;
    await wait(BETWEEN_UPDATES_MS);
  }
  const busy = ((server.cpuSeconds() - before) * 1000) / (performance.now() - begun);
  console.log(`processor, about one change per second: ${(100 * busy).toFixed(1)} % of a core`);
  const told = (name: string, values: number[]): void =>
    console.log(
      `${name}: median ${quantile(values, 0.5).toFixed(0)} ms, most ${Math.max(...values).toFixed(0)} ms`,
    );
  told(`from the write to all ${VIEWERS} viewers`, toViewers);
  told('from the write to the screen', toScreen);
  console.log(`memory at the end: ${server.rssMiB().toFixed(0)} MiB`);
  console.log(
    `load ${loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await browser.close();
  await server.end('SIGTERM');
  await kinds.stop();
}
process.exit(0);
