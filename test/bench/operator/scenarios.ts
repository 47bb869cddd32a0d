import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import type { KubeApiServer } from '../../integration/kube-apiserver.ts';
import type { OperatorProcess } from './operator-process.ts';
import { createClusters, createWeddings, leaseHolder, setPeak } from './population.ts';
import { quantileBetween, type Samples } from './samples.ts';
import type { Truth } from './truth.ts';

export interface Bench {
  api: KubeApiServer;
  client: KubeClient;
  truth: Truth;
  restSeconds: number;
  say: (text: string) => void;
}

type Row = Record<string, string | number>;

const RECONCILE_SECONDS = 'controller_runtime_reconcile_time_seconds';
const SETTLE_LIMIT_MS = 20 * 60_000;
/** After the last status the operator still works off what its own writes caused. */
const CALM_MS = 10_000;
/** The peak begins this long after the last patch at least: the patches themselves must be worked off. */
const BEFORE_BOUNDARY_MS = 90_000;
const BOUNDARY_LIMIT_MS = 5 * 60_000;
const LEASE = { namespace: 'default', name: 'presence-operator' } as const;

async function until(what: string, limitMs: number, look: () => boolean | Promise<boolean>): Promise<number> {
  const startedMs = performance.now();
  while (!(await look())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(20);
  }
  return (performance.now() - startedMs) / 1000;
}

const milliseconds = (before: Samples, after: Samples, controller: string, q: number): number =>
  1000 *
  quantileBetween(
    before.buckets(RECONCILE_SECONDS, { controller }),
    after.buckets(RECONCILE_SECONDS, { controller }),
    q,
  );

/** Adds objects to a running operator, waits until all have their status, then looks at it at rest. */
export async function measureSize(
  { client, truth, restSeconds, say }: Bench,
  operator: OperatorProcess,
  size: { before: number; clusters: number; weddingsPerCluster: number },
): Promise<Row> {
  const { before, clusters, weddingsPerCluster } = size;
  const weddings = clusters * weddingsPerCluster;
  say(`${clusters} PresenceClusters, ${weddings} Weddings`);
  const first = await operator.samples();
  const startedMs = performance.now();
  await createClusters(client, { from: before, to: clusters });
  await createWeddings(client, { from: before * weddingsPerCluster, to: weddings });
  await until('every status', SETTLE_LIMIT_MS, async () => {
    await sleep(500);
    const counts = truth.counts();
    return counts.clusters >= clusters && counts.weddings >= weddings && counts.deployments >= clusters;
  });
  const settleSeconds = (performance.now() - startedMs) / 1000;
  const settled = await operator.samples();
  await sleep(CALM_MS);
  say(`settled after ${settleSeconds.toFixed(0)} s; at rest for ${restSeconds} s`);
  const [restBefore, cpuBefore] = [await operator.samples(), operator.cpuSeconds()];
  await sleep(restSeconds * 1000);
  const [restAfter, cpuAfter] = [await operator.samples(), operator.cpuSeconds()];
  const aMinute = (name: string, labels: Record<string, string> = {}): number =>
    ((restAfter.sum(name, labels) - restBefore.sum(name, labels)) * 60) / restSeconds;
  return {
    scenario: 'objects created, then at rest',
    clusters,
    weddings,
    settleSeconds,
    'cluster p50 ms': milliseconds(first, settled, 'presencecluster', 0.5),
    'cluster p99 ms': milliseconds(first, settled, 'presencecluster', 0.99),
    'wedding p50 ms': milliseconds(first, settled, 'wedding', 0.5),
    'wedding p99 ms': milliseconds(first, settled, 'wedding', 0.99),
    'rest: requests/min': aMinute('rest_client_requests_total'),
    'rest: GET/min': aMinute('rest_client_requests_total', { method: 'GET' }),
    'rest: PATCH/min': aMinute('rest_client_requests_total', { method: 'PATCH' }),
    'rest: reconciles/min': aMinute('controller_runtime_reconcile_total'),
    'rest: cluster p50 ms': milliseconds(restBefore, restAfter, 'presencecluster', 0.5),
    'rest: cluster p99 ms': milliseconds(restBefore, restAfter, 'presencecluster', 0.99),
    'rest: CPU %': (100 * (cpuAfter - cpuBefore)) / restSeconds,
    'RSS MiB': operator.rssMiB(),
    sockets: operator.sockets(),
  };
}

/** A process that was just started: until its caches are filled, and its memory after it has calmed down. */
export async function measureColdStart(
  _bench: Bench,
  operator: OperatorProcess,
  { clusters, foreignPods }: { clusters: number; foreignPods: number },
): Promise<Row> {
  const syncedSeconds = await operator.ready();
  const rssSynced = operator.rssMiB();
  await sleep(3 * CALM_MS);
  const samples = await operator.samples();
  return {
    scenario: 'cold start',
    clusters,
    weddings: samples.sum('reflector_items', { kind: 'weddings' }),
    foreignPods,
    'start to synced s': syncedSeconds,
    'RSS MiB when synced': rssSynced,
    'RSS MiB after 30 s': operator.rssMiB(),
    'heap MiB': samples.sum('nodejs_heap_size_used_bytes') / 2 ** 20,
    'cached pods': samples.sum('reflector_items', { kind: 'pods' }),
    'cached objects': samples.sum('reflector_items'),
  };
}

/** One peak that begins for all at the same minute: when was each Deployment patched? */
export async function measureBoundary({ client, truth, say }: Bench, clusters: number): Promise<Row> {
  const minute = 60_000;
  const patchMs = 10 * clusters;
  const at = new Date(Math.ceil((Date.now() + patchMs + BEFORE_BOUNDARY_MS) / minute) * minute);
  await setPeak(client, clusters, at);
  say(`every cluster peaks at ${at.toISOString()}`);
  await sleep(at.getTime() - Date.now() - 1_000);
  const before = new Map([...truth.scaled].map(([key, { replicas }]) => [key, replicas]));
  const later = (): number[] =>
    [...truth.scaled].flatMap(([key, { replicas, atMs }]) =>
      replicas === before.get(key) ? [] : [(atMs - at.getTime()) / 1000],
    );
  await until('every Deployment is scaled', BOUNDARY_LIMIT_MS, async () => later().length >= clusters).catch(
    (error: unknown) => say(String(error)),
  );
  const seconds = later().sort((a, b) => a - b);
  const quantile = (q: number): number =>
    seconds[Math.max(0, Math.ceil(q * seconds.length) - 1)] ?? Number.NaN;
  return {
    scenario: 'boundary to scale patch',
    clusters,
    scaled: seconds.length,
    'first s': quantile(0),
    'p50 s': quantile(0.5),
    'p99 s': quantile(0.99),
    'last s': quantile(1),
  };
}

/** From the signal to the leader until another process holds the lease. */
export async function measureTakeOver(
  { client }: Bench,
  leader: OperatorProcess,
  standby: OperatorProcess,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<Row> {
  await standby.ready();
  await sleep(CALM_MS);
  const holder = await leaseHolder(client, LEASE.namespace, LEASE.name);
  const startedMs = performance.now();
  const ended = leader.end(signal);
  await until('another leader', 60_000, async () => {
    const now = await leaseHolder(client, LEASE.namespace, LEASE.name);
    return now !== '' && now !== holder;
  });
  const seconds = (performance.now() - startedMs) / 1000;
  await ended;
  return { scenario: 'leader take-over', signal, seconds };
}
