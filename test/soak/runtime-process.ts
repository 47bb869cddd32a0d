import { createKubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import { createReflector } from '../../src/platform/kube/reflector.ts';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { createStore, type Store } from '../../src/platform/kube/store.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { createController } from '../../src/platform/runtime/controller.ts';
import { createManager } from '../../src/platform/runtime/manager.ts';
import { keyOf, parseKey } from '../../src/platform/runtime/object-key.ts';
import { createWorkQueue } from '../../src/platform/runtime/work-queue.ts';
import { silentLogger } from '../../src/platform/telemetry/log.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';

/**
 * A small operator on the runtime of this repository: it copies every ConfigMap labelled `soak=source` into one
 * labelled `soak=mirror`. Argument: a kubeconfig. Asked by a message, it answers with a {@link RuntimeReport}.
 */
export interface RuntimeReport {
  /** What the caches hold: key and resource version. */
  held: Record<string, string>;
  /** After a garbage collection. */
  heapBytes: number;
  /** Open handles and timers of Node. */
  handles: number;
  reconciles: number;
  panics: number;
  /** What /healthz would complain of. */
  unhealthy: string[];
}

/** Silence comes often here, and one lasting 90 s would be most of a short run. */
const WATCHDOG_MS = 5_000;
const NAMESPACE = 'default';

const clock = systemClock;
const log = silentLogger();
const metrics = createMetrics({ processMetrics: false });
const client = createKubeClient({
  config: loadKubeConfig({ path: process.argv[2] ?? '' }),
  clock,
  userAgent: 'soak',
});
const queue = createWorkQueue({ clock, maxDelayMs: 2_000 });
const sources = createStore();
const mirrors = createStore();

function follow(label: string, store: Store) {
  return createReflector({
    client,
    type: builtin.ConfigMap,
    namespace: NAMESPACE,
    labelSelector: `soak=${label}`,
    store,
    onChange: ({ object }) => queue.add(`${NAMESPACE}/${object.metadata.name.replace(/^mirror-/, '')}`),
    log,
    clock,
    metrics,
    watchdogMs: WATCHDOG_MS,
  });
}

async function mirror(key: string, signal: AbortSignal): Promise<void> {
  const name = `mirror-${parseKey(key).name}`;
  const source = sources.get(key);
  const copy = mirrors.get(`${NAMESPACE}/${name}`);
  const value = (object: KubeObject | undefined): string | undefined =>
    (object?.data as { value?: string } | undefined)?.value;
  if (source === undefined) {
    if (copy !== undefined) await client.delete(builtin.ConfigMap, NAMESPACE, name, { signal });
    return;
  }
  if (value(copy) === value(source)) return;
  const metadata = { name, namespace: NAMESPACE, labels: { soak: 'mirror' } };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value: value(source) ?? '' } };
  await client.apply(object, { fieldManager: 'soak', force: true, signal, timeoutMs: 5_000 });
}

const manager = createManager({
  caches: [follow('source', sources), follow('mirror', mirrors)],
  controllers: [
    createController({
      name: 'mirror',
      queue,
      reconcile: async (key, { signal }) => {
        await mirror(key, signal);
        return { kind: 'done' };
      },
      clock,
      log,
      concurrency: 4,
      timeoutMs: 10_000,
      metrics,
    }),
  ],
  clock,
  log,
});

async function metric(name: string): Promise<number> {
  const found = await metrics.registry.getSingleMetric(`controller_runtime_${name}`)?.get();
  return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

async function report(): Promise<RuntimeReport> {
  globalThis.gc?.();
  const unhealthy: string[] = [];
  for (const check of Object.values(manager.liveChecks)) {
    try {
      await check();
    } catch (error) {
      unhealthy.push(String(error));
    }
  }
  const objects = [...sources.list(), ...mirrors.list()];
  return {
    held: Object.fromEntries(objects.map((object) => [keyOf(object), object.metadata.resourceVersion ?? ''])),
    heapBytes: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    reconciles: await metric('reconcile_total'),
    panics: await metric('reconcile_panics_total'),
    unhealthy,
  };
}

process.on('message', () => void report().then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());
await manager.run(new AbortController().signal);
