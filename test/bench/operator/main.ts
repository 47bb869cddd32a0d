import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { outDirectory, repository } from '../../cluster/paths.ts';
import { startWithKinds } from '../../integration/installed-kinds.ts';
import { measureInformers } from './informers.ts';
import { OperatorProcess } from './operator-process.ts';
import { createForeignPods } from './population.ts';
import { type Bench, measureBoundary, measureColdStart, measureSize, measureTakeOver } from './scenarios.ts';
import { printTable } from './table.ts';
import { Truth } from './truth.ts';
import { installedVersions } from './versions.ts';

const USAGE = `usage: main.ts [--quick] [--sizes N,N] [--bundle FILE]

The bundled operator (dist/operator.js) against a real kube-apiserver with etcd as processes: 1, 100 and 1,000
PresenceClusters with ten Weddings each, then 10,000 foreign pods. No kubelet: Redis pods never come up, so every
PresenceCluster waits for its Redis the whole time. Beside it, in the same run and on the same objects, the caches
alone: the stock informer of @kubernetes/client-node and ours. --quick: 1 and 20, for trying things out. --sizes: other
numbers of PresenceClusters, growing.`;

const PROFILES = {
  default: { sizes: [1, 100, 1_000], foreignPods: 10_000, restSeconds: 60 },
  quick: { sizes: [1, 20], foreignPods: 500, restSeconds: 10 },
} as const;
const WEDDINGS_PER_CLUSTER = 10;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    bundle: { type: 'string', default: path.join(repository, 'dist/operator.js') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const { bundle } = values;
const startedAt = performance.now();
const say = (text: string): void =>
  console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s] ${text}`);
const profile = PROFILES[values.quick ? 'quick' : 'default'];
const { foreignPods, restSeconds } = profile;
const sizes = values.sizes?.split(',').map(Number) ?? profile.sizes;
if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
  console.error(USAGE);
  process.exit(2);
}
const loadBefore = loadavg();

say('starting etcd and kube-apiserver with our kinds');
const kinds = await startWithKinds();
const truth = new Truth(kinds.client);
const bench: Bench = { api: kinds.server, client: kinds.client, truth, restSeconds, say };
const rows: Record<string, string | number>[] = [];
/** A row is worth reading before the last one is there. */
const add = (...found: typeof rows): void => {
  rows.push(...found);
  for (const row of found) say(JSON.stringify(row));
};
const start = (podName: string): Promise<OperatorProcess> =>
  OperatorProcess.start({ bundle, kubeconfig: kinds.server.kubeconfig, podName });
let operator: OperatorProcess | undefined;
try {
  operator = await start('bench-0');
  await operator.ready();
  let before = 0;
  for (const clusters of sizes) {
    const size = { before, clusters, weddingsPerCluster: WEDDINGS_PER_CLUSTER };
    add(await measureSize(bench, operator, size));
    before = clusters;
    await operator.end('SIGTERM');
    operator = await start('bench-0');
    add(await measureColdStart(bench, operator, { clusters, foreignPods: 0 }));
  }
  say(`a boundary that all ${before} share`);
  add(await measureBoundary(bench, before));
  say('a leader killed, another one standing by');
  const second = await start('bench-1');
  add(await measureTakeOver(bench, operator, second, 'SIGKILL'));
  operator = await start('bench-0');
  add(await measureTakeOver(bench, second, operator, 'SIGTERM'));
  say('our caches alone, before there are pods of others');
  add(...(await measureInformers(bench, { clusters: before, foreignPods: 0, kinds: ['ours'] })));
  say(`creating ${foreignPods} pods of others`);
  await createForeignPods(kinds.client, foreignPods);
  await operator.end('SIGTERM');
  operator = await start('bench-0');
  add(await measureColdStart(bench, operator, { clusters: before, foreignPods }));
  await operator.end('SIGTERM');
  say('the caches alone: stock informer and ours');
  add(...(await measureInformers(bench, { clusters: before, foreignPods })));
} finally {
  await operator?.end('SIGKILL');
  await truth.stop();
  await kinds.stop();
}
const report = {
  name: 'operator',
  at: new Date().toISOString(),
  machine: {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    loadBefore,
    loadAfter: loadavg(),
  },
  versions: await installedVersions(bundle),
  rows,
};
const file = path.join(outDirectory, 'bench', 'operator.json');
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
printTable(rows);
say(`written to ${path.relative(process.cwd(), file)}`);
