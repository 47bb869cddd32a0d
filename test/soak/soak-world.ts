import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import { builtin } from '../../src/platform/kube/resource.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { keyOf } from '../../src/platform/runtime/object-key.ts';
import type { KubeApiServer } from '../integration/kube-apiserver.ts';
import {
  type Fault,
  type FaultProxy,
  isWatch,
  startFaultProxy,
} from '../integration/platform/fault-proxy.ts';
import { randomOf } from './random.ts';
import type { RuntimeReport } from './runtime-process.ts';

export interface SoakOptions {
  api: KubeApiServer;
  seed: number;
  durationMs: number;
  /** Goes on for longer where a busy machine has not done so many by then. */
  leastWrites?: number;
  faultEveryMs: number;
  sampleEveryMs: number;
  onSample?: (sample: Sample) => void;
}

export interface Sample {
  atSeconds: number;
  rssBytes: number;
  heapBytes: number;
  handles: number;
  descriptors: number;
  reconciles: number;
  unhealthy: string[];
}

export interface SoakResult {
  samples: Sample[];
  faults: Record<string, number>;
  writes: number;
  panics: number;
  reconciles: number;
  /** Objects of the server that the caches do not hold, or hold otherwise, and the reverse, at the end. */
  differences: string[];
  /** How long it took after the last fault until there was none. */
  convergedSeconds: number;
}

const OBJECTS = 60;
const WRITE_EVERY_MS = 25;
const FAULT_LASTS_MS = 1_000;
const BLACKHOLE_MS = 3_000;
/** A watchdog, a back-off at its top and a request at its limit, one after the other. */
const CONVERGE_LIMIT_MS = 90_000;

type Trouble = { name: string; cause: (proxy: FaultProxy, random: () => number) => void };

const onRequest = (name: string, fault: Fault): Trouble => ({
  name,
  cause: (proxy, random) => {
    const end = proxy.spoil(random() < 0.5 ? isWatch : () => true, fault);
    // What met no request is over: faults that pile up would spoil every watch there is.
    setTimeout(end, FAULT_LASTS_MS);
  },
});
const onWatch = (name: string, spoil: (tap: FaultProxy['watches'][number]) => void): Trouble => ({
  name,
  cause: ({ watches }, random) => {
    const tap = watches[Math.floor(random() * watches.length)];
    if (tap) spoil(tap);
  },
});
const TROUBLES: Trouble[] = [
  onRequest('500', { kind: 'status', code: 500 }),
  onRequest('429', { kind: 'status', code: 429, headers: { 'retry-after': '1' } }),
  onRequest('410', { kind: 'status', code: 410 }),
  onRequest('drop', { kind: 'drop' }),
  onRequest('delay', { kind: 'delay', ms: 800 }),
  onRequest('hang', { kind: 'hang' }),
  onRequest('slow body', { kind: 'slowBody', pieceBytes: 200, everyMs: 5 }),
  onRequest('garbage', { kind: 'lines', lines: ['<html>'], after: 'end' }),
  onWatch('watch breaks', (tap) => tap.break()),
  onWatch('watch breaks in an event', (tap) => tap.breakInNext()),
  onWatch('watch ends', (tap) => tap.end()),
  onWatch('watch garbled', (tap) => tap.garbleNext()),
  onWatch('watch half-open', (tap) => tap.silence()),
  onWatch('410 in a watch', (tap) =>
    tap.insert('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}'),
  ),
  {
    name: 'black hole',
    cause: (proxy) => {
      proxy.blackhole();
      setTimeout(() => proxy.mend(), BLACKHOLE_MS);
    },
  },
];

/** Changes objects and causes trouble for a while, then waits until the caches tell the truth. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { api, durationMs, faultEveryMs, sampleEveryMs } = options;
  const random = randomOf(options.seed);
  const proxy = await startFaultProxy(api);
  const runtime = new Runtime(proxy.kubeconfig);
  const direct = createKubeClient({ config: loadKubeConfig({ path: api.kubeconfig }), clock: systemClock });
  const result: SoakResult = {
    samples: [],
    faults: {},
    writes: 0,
    panics: 0,
    reconciles: 0,
    differences: [],
    convergedSeconds: 0,
  };
  const startedMs = performance.now();
  const over = (): boolean =>
    performance.now() - startedMs > durationMs && result.writes >= (options.leastWrites ?? 0);

  async function change(): Promise<void> {
    for (; !over(); result.writes++) {
      const name = `object-${Math.floor(random() * OBJECTS)}`;
      const metadata = { name, namespace: 'default', labels: { soak: 'source' } };
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { value: String(result.writes) },
      };
      if (random() < 0.2) await direct.delete(builtin.ConfigMap, 'default', name);
      else await direct.apply(object, { fieldManager: 'world', force: true });
      await sleep(WRITE_EVERY_MS);
    }
  }

  async function trouble(): Promise<void> {
    while (!over()) {
      const chosen = TROUBLES[Math.floor(random() * TROUBLES.length)] as Trouble;
      chosen.cause(proxy, random);
      result.faults[chosen.name] = (result.faults[chosen.name] ?? 0) + 1;
      await sleep(faultEveryMs);
    }
    proxy.calm();
  }

  async function observe(): Promise<void> {
    while (!over()) {
      await sleep(sampleEveryMs);
      const sample = await runtime.sample((performance.now() - startedMs) / 1000);
      result.samples.push(sample);
      options.onSample?.(sample);
    }
  }

  async function differences(): Promise<string[]> {
    const { items } = await direct.list(builtin.ConfigMap, { namespace: 'default', labelSelector: 'soak' });
    const real = new Map(items.map((object) => [keyOf(object), object]));
    const { held, panics, reconciles } = await runtime.report();
    result.panics = panics;
    result.reconciles = reconciles;
    const found = [...real].filter(([key, { metadata }]) => held[key] !== metadata.resourceVersion);
    const vanished = Object.keys(held).filter((key) => !real.has(key));
    const value = (key: string): unknown => (real.get(key)?.data as { value: string } | undefined)?.value;
    const unequal = [...real.keys()]
      .filter((key) => !key.startsWith('default/mirror-'))
      .filter((key) => value(key) !== value(key.replace('/', '/mirror-')));
    return [
      ...found.map(([key]) => `outdated or missing in the cache: ${key}`),
      ...vanished.map((key) => `only in the cache: ${key}`),
      ...unequal.map((key) => `not mirrored: ${key}`),
    ];
  }

  try {
    await Promise.all([change(), trouble(), observe()]);
    const calmMs = performance.now();
    do {
      await sleep(200);
      result.differences = await differences();
    } while (result.differences.length > 0 && performance.now() - calmMs < CONVERGE_LIMIT_MS);
    result.convergedSeconds = (performance.now() - calmMs) / 1000;
    return result;
  } finally {
    runtime.end();
    await direct.close();
    await proxy.close();
  }
}

class Runtime {
  readonly #child;

  constructor(kubeconfig: string) {
    const program = path.join(import.meta.dirname, 'runtime-process.ts');
    this.#child = spawn(process.execPath, ['--expose-gc', program, kubeconfig], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  async report(): Promise<RuntimeReport> {
    if (this.#child.exitCode !== null) throw new Error(`the runtime ended with ${this.#child.exitCode}`);
    this.#child.send('report');
    const [answer] = (await once(this.#child, 'message')) as [RuntimeReport];
    return answer;
  }

  async sample(atSeconds: number): Promise<Sample> {
    const { heapBytes, handles, reconciles, unhealthy } = await this.report();
    const { pid } = this.#child;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    const rssBytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    return { atSeconds, rssBytes, heapBytes, handles, descriptors, reconciles, unhealthy };
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
