/** `make bench-admission`: what the admission policies add to the latency of the API server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_WEDDINGS_LISTED, MAX_WINDOWS } from '../../../src/api/v1alpha1/rollout-freeze.ts';
import { outDirectory } from '../../cluster/paths.ts';
import {
  ADMIN,
  type Answer,
  type Call,
  type PolicyServer,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from '../../integration/admission/policy-server.ts';
import {
  apps,
  CLUSTER,
  core,
  makeWorld,
  PRESENCE_POD,
  RIGHTS,
  writeFreeze,
} from '../../integration/admission/wedding-world.ts';
import { median, percentile, round } from './percentiles.ts';
import { insidePolicies } from './server-metrics.ts';
import { worstWindows } from './worst-freeze.ts';

const USAGE = `usage: main.ts [--repeats N] [--blocks N] [--requests N] [--windows N]

A real kube-apiserver with the policies of the chart and RolloutFreezes of the largest size, none of them on. Dry-run
requests one after another, in blocks with the policies bound and unbound by turns. What is added is told for each
repeat, and as the median of all. --repeats: 5 when left out; --blocks: pairs of blocks in each, 3 when left out; --requests: of each kind in a block, 100 when left out; --windows: of the RolloutFreeze, as many as it can hold
when left out.`;

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '5' },
    blocks: { type: 'string', default: '3' },
    requests: { type: 'string', default: '100' },
    windows: { type: 'string', default: String(MAX_WINDOWS) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
/** The API server compiles and drops policies within a second of learning of a binding. */
const SETTLE_MS = 1_500;
const WARM_UP = 20;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const FOREIGN = '/apis/apps/v1/namespaces/default/deployments/other';

let number = 0;
const image = (container: string): object => ({
  spec: { template: { spec: { containers: [{ name: container, image: `image:${++number}` }] } } },
});
const patch = (target: string, container: string): Call => ({
  ...{ method: 'PATCH', path: target, type: STRATEGIC_PATCH, dryRun: true },
  ...{ fieldManager: `bench-${number}`, body: image(container) },
});

/** Each passes with and without policies; the last is of an object that is not ours. */
const REQUESTS: Record<string, () => Call> = {
  'patch the pod template of a Deployment': () => patch(DEPLOYMENT, 'presence'),
  'delete a pod': () => ({ method: 'DELETE', path: core('pods', PRESENCE_POD), dryRun: true }),
  "patch somebody else's Deployment": () => patch(FOREIGN, 'x'),
};

type Side = 'with' | 'without';
/** Milliseconds of each request, by its kind. */
type Samples = Record<string, Record<Side, number[]>>;
const noSamples = (): Samples =>
  Object.fromEntries(Object.keys(REQUESTS).map((name) => [name, { with: [], without: [] }]));

async function timed(server: PolicyServer, call: Call): Promise<number> {
  const begin = performance.now();
  const { code, message } = await server.ask(ADMIN, call);
  const took = performance.now() - begin;
  if (code !== 200) throw new Error(`${call.method} ${call.path}: ${code} ${message}`);
  return took;
}

/** Requests of all kinds by turns, so that whatever else the machine does meets all of them. */
async function block(server: PolicyServer, side: Side, count: number, samples: Samples): Promise<void> {
  for (let index = -WARM_UP; index < count; index += 1) {
    for (const [name, request] of Object.entries(REQUESTS)) {
      const took = await timed(server, request());
      if (index >= 0) samples[name]?.[side].push(took);
    }
  }
}

/** The RolloutFreeze of the probe is frozen for ever: deleting its ConfigMap tells whether the policies are bound. */
async function settled(server: PolicyServer, side: Side): Promise<void> {
  const probe: Call = { method: 'DELETE', path: core('configmaps', 'probe'), dryRun: true };
  const wanted = side === 'with' ? 403 : 200;
  await until(`policies ${side}`, async () => (await server.ask(ADMIN, probe)).code === wanted);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

async function bindings(server: PolicyServer): Promise<Answer['body'][]> {
  const { body } = await server.must(ADMIN, { method: 'GET', path: BINDINGS });
  return body.items.map(({ metadata, spec }: Answer['body']) => ({
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', spec },
    metadata: { name: metadata.name, labels: metadata.labels },
  }));
}

async function bind(server: PolicyServer, all: Answer['body'][], side: Side): Promise<void> {
  for (const body of all) {
    if (side === 'with') await server.must(ADMIN, { method: 'POST', path: BINDINGS, body });
    else await server.must(ADMIN, { method: 'DELETE', path: `${BINDINGS}/${body.metadata.name}` });
  }
  await settled(server, side);
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
      ...{ request, meanMs: round(((after.seconds - before.seconds) / counted) * 1000) },
      shareWithin5Ms: round((after.within5Ms - before.within5Ms) / counted),
    });
  }
  return found;
}

async function makeForeign(server: PolicyServer): Promise<void> {
  const labels = { app: 'other' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x:1' }] } };
  await server.must(ADMIN, {
    ...{ method: 'POST', path: path.posix.dirname(FOREIGN) },
    body: {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'other' } },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    },
  });
}

const loadBefore = loadavg();
const server = await startPolicyServer(RIGHTS);
let bytes = 0;
let insideServer: object[] = [];
const repeats: Samples[] = [];
try {
  await makeWorld(server);
  await makeForeign(server);
  const windows = worstWindows(Date.now()).slice(0, Number(values.windows));
  bytes = JSON.stringify(windows).length;
  await writeFreeze(server, { phase: 'Open', windows });
  const all = await bindings(server);
  await settled(server, 'with');
  let side: Side = 'with';
  // with, without, without, with, …: a drift of the machine meets both sides alike.
  for (let repeat = 0; repeat < Number(values.repeats); repeat += 1) {
    const samples = noSamples();
    repeats.push(samples);
    for (let pair = 0; pair < Number(values.blocks); pair += 1) {
      await block(server, side, Number(values.requests), samples);
      side = side === 'with' ? 'without' : 'with';
      await bind(server, all, side);
      await block(server, side, Number(values.requests), samples);
    }
    console.log(`repeat ${repeat + 1} of ${values.repeats}, load ${loadavg()[0]?.toFixed(1)}`);
  }
  if (side === 'without') await bind(server, all, 'with');
  insideServer = await inside(server, Number(values.requests) * Number(values.repeats));
} finally {
  await server.stop();
}

const rows = Object.keys(REQUESTS).map((request) => {
  const each = (share: number, side: Side): number[] =>
    repeats.map((samples) => percentile(samples[request]?.[side] ?? [], share));
  const added = (share: number): number[] =>
    each(share, 'with').map((value, index) => value - (each(share, 'without')[index] ?? Number.NaN));
  return {
    request,
    samplesEach: repeats.reduce((sum, samples) => sum + (samples[request]?.with.length ?? 0), 0),
    ...{ p50WithoutMs: round(median(each(0.5, 'without'))), p50WithMs: round(median(each(0.5, 'with'))) },
    ...{ p99WithoutMs: round(median(each(0.99, 'without'))), p99WithMs: round(median(each(0.99, 'with'))) },
    ...{ addedP50Ms: round(median(added(0.5))), addedP99Ms: round(median(added(0.99))) },
    addedP99Of: `${round(Math.min(...added(0.99)))} to ${round(Math.max(...added(0.99)))}`,
  };
});
console.table(rows);
console.table(insideServer);
const file = path.join(outDirectory, 'bench', 'admission.json');
mkdirSync(path.dirname(file), { recursive: true });
const report = {
  name: 'admission',
  at: new Date().toISOString(),
  machine: {
    ...{ cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', kernel: release() },
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
