import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { outDirectory } from '../cluster/paths.ts';
import { startKubeApiServer } from '../integration/kube-apiserver.ts';
import { type Sample, soak } from './soak-world.ts';

const USAGE = `usage: operator-runtime.ts [MINUTES] [SEED]

The operator runtime under one fault per second, for 30 minutes unless MINUTES is given. Ends with 1 when memory, handles
or descriptors grew, when it was ever unhealthy, or when its caches do not equal the server's truth at the end.`;

const DEFAULT_MINUTES = 30;
/** The first part of a run warms up: compiled code, pools, the first objects. */
const WARM_UP = 0.25;
/** The last quarter against the second one: what a garbage collector may leave lying about. */
const HEAP_SLACK_BYTES = 4 * 2 ** 20;
const RSS_SLACK_BYTES = 40 * 2 ** 20;
/** Connections that are being replaced at the moment of a look. */
const DESCRIPTOR_SLACK = 10;

const [minutesText = String(DEFAULT_MINUTES), seedText = '1'] = process.argv.slice(2);
const minutes = Number(minutesText);
const seed = Number(seedText);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(USAGE);
  process.exit(2);
}

const api = await startKubeApiServer();
const result = await soak({
  api,
  seed,
  durationMs: minutes * 60_000,
  faultEveryMs: 1_000,
  sampleEveryMs: Math.max(1_000, minutes * 1_000),
  onSample: (sample) =>
    console.log(
      `[${sample.atSeconds.toFixed(0).padStart(5)} s] RSS ${mib(sample.rssBytes)} MiB, heap ${mib(sample.heapBytes)} MiB, ` +
        `handles ${sample.handles}, descriptors ${sample.descriptors}, reconciles ${sample.reconciles} ${sample.unhealthy.join('; ')}`,
    ),
});
await api.stop();

const quarter = (number: number): Sample[] => {
  const warm = result.samples.slice(Math.floor(WARM_UP * result.samples.length));
  const length = Math.floor(warm.length / 3);
  return number === 1 ? warm.slice(0, length) : warm.slice(-length);
};
const lowest = (samples: Sample[], read: (sample: Sample) => number): number =>
  Math.min(...samples.map(read));
const grown = (read: (sample: Sample) => number): number =>
  lowest(quarter(3), read) - lowest(quarter(1), read);
const problems = [
  ...(grown(({ heapBytes }) => heapBytes) > HEAP_SLACK_BYTES ? ['the heap grew'] : []),
  ...(grown(({ rssBytes }) => rssBytes) > RSS_SLACK_BYTES ? ['RSS grew'] : []),
  ...(grown(({ handles }) => handles) > DESCRIPTOR_SLACK ? ['handles grew'] : []),
  ...(grown(({ descriptors }) => descriptors) > DESCRIPTOR_SLACK ? ['descriptors grew'] : []),
  ...(result.panics > 0 ? [`${result.panics} reconciles ended in a bug`] : []),
  ...new Set(result.samples.flatMap(({ unhealthy }) => unhealthy)),
  ...result.differences,
];
const summary = {
  name: 'soak-operator-runtime',
  at: new Date().toISOString(),
  minutes,
  seed,
  writes: result.writes,
  faults: result.faults,
  convergedSeconds: result.convergedSeconds,
  grownBytes: { heap: grown(({ heapBytes }) => heapBytes), rss: grown(({ rssBytes }) => rssBytes) },
  grown: { handles: grown(({ handles }) => handles), descriptors: grown(({ descriptors }) => descriptors) },
  problems,
};
const file = path.join(outDirectory, 'soak', 'operator-runtime.json');
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
console.log(JSON.stringify(summary, null, 2));
process.exitCode = problems.length === 0 ? 0 : 1;

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
