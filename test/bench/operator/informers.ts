import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { PRESENCE_CLUSTER, WEDDING } from '../../../src/api/v1alpha1/kinds.ts';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { MANAGED_BY } from '../../../src/domain/resources/manifest.ts';
import { CHILD_TYPES } from '../../../src/operator/objects/kinds.ts';
import { builtin, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { type FaultProxy, startFaultProxy } from '../../integration/platform/fault-proxy.ts';
import type { Selection } from './informer-process.ts';
import { MeasuredProcess } from './measured-process.ts';
import type { Bench } from './scenarios.ts';

/** What the operator caches, selected as it selects. */
const OURS = `${LABEL.managedBy}=${MANAGED_BY},${LABEL.cluster}`;
const plain = ({ group, version, kind, plural, namespaced }: ResourceType): ResourceType => ({
  group,
  version,
  kind,
  plural,
  namespaced,
});
const SELECTIONS: Selection[] = [
  ...[PRESENCE_CLUSTER, WEDDING].map((type) => ({ type: plain(type) })),
  ...[builtin.Pod, ...CHILD_TYPES].map((type) => ({ type: plain(type), labelSelector: OURS })),
];
const CALM_MS = 10_000;

/** Caches alone, each in a bundled process of its own behind a proxy that counts. */
export async function measureInformers(
  bench: Bench,
  {
    clusters,
    foreignPods,
    kinds = ['stock', 'ours'],
  }: { clusters: number; foreignPods: number; kinds?: readonly ('stock' | 'ours')[] },
): Promise<Record<string, string | number>[]> {
  const bundle = path.join(path.dirname(bench.api.kubeconfig), 'informer-process.js');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'informer-process.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    logLevel: 'error',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  const rows = [];
  for (const kind of kinds) {
    const proxy = await startFaultProxy(bench.api);
    try {
      rows.push({
        scenario: 'caches alone, same kinds and selectors',
        informer: kind,
        clusters,
        foreignPods,
        ...(await measureOne(bench, proxy, [process.execPath, bundle, kind, proxy.kubeconfig])),
      });
    } finally {
      await proxy.close();
    }
  }
  return rows;
}

async function measureOne(
  { restSeconds, say }: Bench,
  proxy: FaultProxy,
  argv: readonly string[],
): Promise<Record<string, number>> {
  const [node = '', ...rest] = argv;
  const informer = new MeasuredProcess([node, '--expose-gc', ...rest, JSON.stringify(SELECTIONS)], {});
  try {
    const [line] = (await once(informer.child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const syncedSeconds = (performance.now() - informer.startedMs) / 1000;
    const rssSynced = informer.rssMiB();
    await sleep(CALM_MS);
    const requests = proxy.requests.length;
    const connections = proxy.connections.accepted;
    await sleep(restSeconds * 1000);
    const aMinute = 60 / restSeconds;
    say(`${argv[2]}: ${line.toString().trim()}`);
    const [, objects, heapMiB] = line.toString().trim().split(' ');
    return {
      objects: Number(objects),
      'live heap MiB': Number(heapMiB),
      'start to synced s': syncedSeconds,
      'RSS MiB when synced': rssSynced,
      'RSS MiB at rest': informer.rssMiB(),
      'connections made': proxy.connections.accepted,
      'connections open': proxy.connections.open,
      'rest: requests/min': (proxy.requests.length - requests) * aMinute,
      'rest: new connections/min': (proxy.connections.accepted - connections) * aMinute,
    };
  } finally {
    await informer.end('SIGKILL');
  }
}
