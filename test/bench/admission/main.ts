/** `make bench-admission`: what the admission policies add to the latency of the API server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_WEDDINGS_LISTED, MAX_WINDOWS } from '../../../src/api/v1alpha1/rollout-freeze.ts';
import { outDirectory } from '../../cluster/paths.ts';
import {
  ADMIN,
  type Call,
  type PolicyServer,
  STRATEGIC_PATCH,
  startPolicyServer,
} from '../../integration/admission/policy-server.ts';
import {
  applyFreeze,
  apps,
  CLUSTER,
  core,
  makeWorld,
  PRESENCE_POD,
  PROBE,
  RIGHTS,
  writeFreeze,
} from '../../integration/admission/wedding-world.ts';
import { round } from './percentiles.ts';
import { noSamples, rowsOf, type Samples, SIDES, type Side } from './report.ts';
import { insidePolicies } from './server-metrics.ts';
import { worstWindows } from './worst-freeze.ts';

const USAGE = `usage: main.ts [--repeats N] [--requests N] [--windows N]

Two real kube-apiservers, one with the policies of the chart, both with RolloutFreezes of the largest size, none of them
on. Dry-run requests one after another, each to both servers and to the one without once more, so that whatever else the
machine does meets all three. What the policies add is the median of the differences of all repeats, with the interval in
which the true one lies with 95 % confidence; the same for the server without policies against itself tells the noise.
--repeats: 30 when left out; --requests: of each kind in a repeat, 200 when left out; --windows: of the RolloutFreeze, as many as it can hold when left out.`;

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '30' },
    requests: { type: 'string', default: '200' },
    windows: { type: 'string', default: String(MAX_WINDOWS) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const WARM_UP = 200;
const INSIDE_REQUESTS = 1_500;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const FOREIGN = '/apis/apps/v1/namespaces/default/deployments/other';

let number = 0;
const image = (container: string): object => ({
  spec: { template: { spec: { containers: [{ name: container, image: `image:${++number}` }] } } },
});
const patch = (target: string, container: string): Call => ({
  method: 'PATCH',
  path: target,
  type: STRATEGIC_PATCH,
  dryRun: true,
  fieldManager: `bench-${number}`,
  body: image(container),
});

/** Each passes with and without policies; the last is of an object that is not ours. */
const REQUESTS: Record<string, () => Call> = {
  'patch the pod template of a Deployment': () => patch(DEPLOYMENT, 'presence'),
  'delete a pod': () => ({ method: 'DELETE', path: core('pods', PRESENCE_POD), dryRun: true }),
  'write the status of a pod': () => ({
    method: 'PATCH',
    path: `${core('pods', PRESENCE_POD)}/status`,
    type: STRATEGIC_PATCH,
    dryRun: true,
    body: { status: { message: `${++number}` } },
  }),
  "patch somebody else's Deployment": () => patch(FOREIGN, 'x'),
};

const KINDS = Object.keys(REQUESTS);

async function timed(server: PolicyServer, call: Call): Promise<number> {
  const begin = performance.now();
  const { code, message } = await server.ask(ADMIN, call);
  const took = performance.now() - begin;
  if (code !== 200) throw new Error(`${call.method} ${call.path}: ${code} ${message}`);
  return took;
}

/** One request of each kind to each side; which side is first goes round. */
async function everySide(servers: Record<Side, PolicyServer>, turn: number, samples: Samples): Promise<void> {
  for (const [name, request] of Object.entries(REQUESTS)) {
    for (let place = 0; place < SIDES.length; place += 1) {
      const side = SIDES[(turn + place) % SIDES.length] as Side;
      samples[name]?.[side].push(await timed(servers[side], request()));
    }
  }
}

/** What the API server itself says that the policies took of one request, without whatever else the machine does. */
async function inside(server: PolicyServer, count: number): Promise<object[]> {
  const found: object[] = [];
  for (const [request, make] of Object.entries(REQUESTS)) {
    const before = await insidePolicies(server);
    for (let index = 0; index < count; index += 1) await timed(server, make());
    const after = await insidePolicies(server);
    const counted = after.count - before.count;
    found.push({
      request,
      meanMs: round(((after.seconds - before.seconds) / counted) * 1000),
      shareWithin5Ms: round((after.within5Ms - before.within5Ms) / counted),
    });
  }
  return found;
}

async function makeForeign(server: PolicyServer): Promise<void> {
  const labels = { app: 'other' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x:1' }] } };
  await server.must(ADMIN, {
    method: 'POST',
    path: path.posix.dirname(FOREIGN),
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'other' },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    },
  });
}

async function startServer(policies: boolean, windows: object[]): Promise<PolicyServer> {
  const server = await startPolicyServer(RIGHTS, { policies });
  await makeWorld(server);
  await makeForeign(server);
  const spec = { phase: 'Open' as const, windows };
  if (policies) await writeFreeze(server, spec);
  // Both servers hold the same objects.
  else for (const name of [CLUSTER, PROBE]) await applyFreeze(server, name, spec);
  return server;
}

const loadBefore = loadavg();
const windows = worstWindows(Date.now()).slice(0, Number(values.windows));
const bytes = JSON.stringify(windows).length;
let insideServer: object[] = [];
const repeats: Samples[] = [];
const started: PolicyServer[] = [];
try {
  const withPolicies = await startServer(true, windows);
  started.push(withPolicies);
  const without = await startServer(false, windows);
  started.push(without);
  const servers = { with: withPolicies, without, again: without };
  for (let turn = 0; turn < WARM_UP; turn += 1) await everySide(servers, turn, noSamples(KINDS));
  for (let repeat = 0; repeat < Number(values.repeats); repeat += 1) {
    const samples = noSamples(KINDS);
    repeats.push(samples);
    for (let turn = 0; turn < Number(values.requests); turn += 1) await everySide(servers, turn, samples);
    console.log(`repeat ${repeat + 1} of ${values.repeats}, load ${loadavg()[0]?.toFixed(1)}`);
  }
  insideServer = await inside(withPolicies, INSIDE_REQUESTS);
} finally {
  for (const server of started) await server.stop();
}

const rows = rowsOf(repeats, KINDS);
console.table(rows);
console.table(insideServer);
const file = path.join(outDirectory, 'bench', 'admission.json');
mkdirSync(path.dirname(file), { recursive: true });
const report = {
  name: 'admission',
  at: new Date().toISOString(),
  machine: {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    loadBefore: loadBefore.map((load) => Number(load.toFixed(2))),
    loadAfter: loadavg().map((load) => Number(load.toFixed(2))),
  },
  versions: { node: process.version },
  settings: { windows: Number(values.windows), weddingsAWindow: MAX_WEDDINGS_LISTED, windowBytes: bytes },
  insideServer,
  rows,
};
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`windows of the RolloutFreeze: ${bytes} bytes`);
console.log(`wrote ${path.relative(process.cwd(), file)}`);
