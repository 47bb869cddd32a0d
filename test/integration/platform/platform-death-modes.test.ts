import { execFile } from 'node:child_process';
import path from 'node:path';
import { Watch } from '@kubernetes/client-node';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';
import { startApiAndClient } from '../api-client.ts';
import {
  type Follower,
  type FollowerKind,
  type FollowerOptions,
  ours,
  stock,
} from '../presence/followers.ts';
import { type FaultProxy, isList, isWatch, startFaultProxy } from './fault-proxy.ts';

const { api, client, stop } = await startApiAndClient();
afterAll(stop);

/*
 * Each death mode is put to two followers of the same objects, through a fault proxy each: the informer of
 * @kubernetes/client-node must fail (or the test would prove nothing), ours must hold.
 */

/** So long the stock informer is watched as it does not recover. */
const RECOVERY_MS = 5_000;
/** What must come about, ours within 0.8 s or 1.6 s of back-off, whatever else the machine does. */
const soon = { timeout: 40_000, interval: 20 };
const sleep = (ms: number): Promise<void> => systemClock.sleep(ms);

let suites = 0;

class Scene {
  readonly suite = `suite-${suites++}`;
  readonly proxy: FaultProxy;
  readonly follower: Follower;
  /** For what shows who holds: of the stock informer it must not come about. */
  readonly patience: { timeout: number; interval: number };

  constructor(proxy: FaultProxy, kind: FollowerKind, options: Partial<FollowerOptions>) {
    this.proxy = proxy;
    this.patience = kind === stock ? { ...soon, timeout: RECOVERY_MS } : soon;
    this.follower = kind({ kubeconfig: proxy.kubeconfig, suite: this.suite, ...options });
  }

  put(name: string, value: string): Promise<unknown> {
    const metadata = { name: `${this.suite}-${name}`, namespace: 'default', labels: { suite: this.suite } };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } };
    return client.apply(object, { fieldManager: 'test', force: true });
  }

  remove(name: string): Promise<void> {
    return client.delete(builtin.ConfigMap, 'default', `${this.suite}-${name}`);
  }

  held(): string[] {
    return this.follower.held().map((text) => text.replace(`${this.suite}-`, ''));
  }

  async holds(...expected: string[]): Promise<boolean> {
    return vi
      .waitFor(() => expect(this.held()).toEqual(expected), this.patience)
      .then(
        () => true,
        () => false,
      );
  }

  /** Starts with one object and waits for the watch. */
  async begin(): Promise<void> {
    await this.put('first', '1');
    await this.follower.start();
    await vi.waitFor(() => expect(this.proxy.watches).toHaveLength(1), soon);
  }

  watchesSoFar(): number {
    return this.proxy.requests.filter(isWatch).length;
  }

  /** Whether there are more than so many watches within a time. */
  watchesAgain(before: number, withinMs: number): Promise<boolean> {
    const more = () => expect(this.watchesSoFar()).toBeGreaterThan(before);
    return vi.waitFor(more, { ...soon, timeout: withinMs }).then(
      () => true,
      () => false,
    );
  }
}

async function on<T>(
  kind: FollowerKind,
  play: (scene: Scene) => Promise<T>,
  options: Partial<FollowerOptions> = {},
): Promise<T> {
  const proxy = await startFaultProxy(api);
  const scene = new Scene(proxy, kind, options);
  try {
    return await play(scene);
  } finally {
    await scene.follower.stop();
    await proxy.close();
  }
}

/** The same scene for both; what it gives must be true for ours and false for the stock informer. */
async function onlyOursPasses(
  play: (scene: Scene) => Promise<boolean>,
  options: Partial<FollowerOptions> = {},
): Promise<void> {
  const [byStock, byOurs] = await Promise.all([on(stock, play, options), on(ours, play, options)]);
  expect({ stock: byStock, ours: byOurs }).toEqual({ stock: false, ours: true });
}

const errorLine = (code: number, reason: string): string =>
  JSON.stringify({
    type: 'ERROR',
    object: { kind: 'Status', status: 'Failure', code, reason, message: reason },
  });

describe.concurrent('death modes of the stock informer', () => {
  it('list answers 500', () =>
    onlyOursPasses(async (scene) => {
      scene.proxy.spoil(({ path: url }) => url.includes('labelSelector'), { kind: 'status', code: 500 });
      await scene.put('first', '1');
      await Promise.race([scene.follower.start(), sleep(RECOVERY_MS)]);
      return scene.holds('first=1');
    }));

  it.each([500, 429, 503])('watch answers %d', (code) =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      scene.proxy.spoil(isWatch, { kind: 'status', code, headers: { 'retry-after': '1' } });
      scene.proxy.watches[0]?.end();
      await vi.waitFor(() => expect(scene.watchesSoFar()).toBeGreaterThan(1), soon);
      await scene.put('first', '2');
      return scene.holds('first=2');
    }),
  );

  it('in-stream ERROR 403 is told', () =>
    onlyOursPasses(async (scene) => {
      scene.proxy.spoil(isWatch, { kind: 'lines', lines: [errorLine(403, 'Forbidden')], after: 'end' }, 100);
      await scene.put('first', '1');
      await Promise.race([scene.follower.start(), sleep(1_000)]);
      return vi
        .waitFor(() => expect(scene.follower.complaints().join()).toContain('Forbidden'), scene.patience)
        .then(
          () => true,
          () => false,
        );
    }));

  it('in-stream 410 whose end of stream is lost', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      scene.proxy.watches[0]?.insert(errorLine(410, 'Expired'));
      scene.proxy.watches[0]?.silence();
      await scene.put('first', '2');
      return scene.holds('first=2');
    }));

  it('a garbage line in place of an event', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      scene.proxy.watches[0]?.garbleNext();
      await scene.put('first', '2');
      return scene.holds('first=2');
    }));

  it('the connection breaks in the middle of an event', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      scene.proxy.watches[0]?.breakInNext();
      await scene.put('first', '2');
      return scene.holds('first=2');
    }));

  it('a handler throws during the first list', () =>
    onlyOursPasses(
      async (scene) => {
        await scene.put('first', '1');
        await Promise.race([scene.follower.start().catch(() => undefined), sleep(RECOVERY_MS)]);
        await scene.put('second', '1');
        return scene.holds('first=1', 'second=1');
      },
      {
        onChange: (name) => {
          if (name.endsWith('first')) throw new Error('a bug in a handler');
        },
      },
    ));

  it('stop() while it backs off: no watch opens afterwards', () =>
    onlyOursPasses(async (scene) => {
      scene.proxy.spoil(isWatch, { kind: 'lines', lines: [], after: 'end' }, 100);
      await scene.put('first', '1');
      void scene.follower.start().catch(() => undefined);
      await vi.waitFor(() => expect(scene.watchesSoFar()).toBeGreaterThan(1), soon);
      await sleep(100);
      const before = scene.watchesSoFar();
      await scene.follower.stop();
      // The stock informer waits 2 s before its third watch.
      return !(await scene.watchesAgain(before, 8_000));
    }));

  it('an idle watch is left open', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      const accepted = scene.watchesSoFar();
      // The stock client gives up after 30 s without an event.
      return !(await scene.watchesAgain(accepted, 40_000));
    }));

  it('asks for bookmarks', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      return scene.proxy.requests
        .filter(isWatch)
        .every(({ path: url }) => url.includes('allowWatchBookmarks=true'));
    }));

  it('reads long lists in pages', () =>
    onlyOursPasses(
      async (scene) => {
        await scene.begin();
        return scene.proxy.requests.filter(isList).every(({ path: url }) => url.includes('limit=500'));
      },
      { reflector: { initial: 'pages' } },
    ));

  it('reads no list at all where the server can begin a watch with it', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      return scene.proxy.requests.filter(isList).length === 0 && scene.held().length === 1;
    }));

  it('one connection for many requests', () =>
    onlyOursPasses(async (scene) => {
      await scene.begin();
      for (let round = 2; round < 6; round++) {
        scene.proxy.watches[0]?.end();
        await vi.waitFor(() => expect(scene.watchesSoFar()).toBeGreaterThanOrEqual(round), soon);
        await vi.waitFor(() => expect(scene.proxy.watches).toHaveLength(1), soon);
        // An event ends the row of failures of the stock informer.
        await scene.put('first', String(round));
        await scene.holds(`first=${round}`);
      }
      return scene.proxy.connections.accepted <= 2;
    }));
});

describe.concurrent('a handler that throws on a watch event', () => {
  const program = path.join(import.meta.dirname, 'platform-throwing-handler.ts');

  async function survives(kind: 'stock' | 'ours'): Promise<{ code: number; output: string }> {
    const suite = `throwing-${kind}`;
    return new Promise((resolve) => {
      execFile(process.execPath, [program, kind, api.kubeconfig, suite], (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      );
    });
  }

  it('kills a process with the stock informer', async () => {
    const { code, output } = await survives('stock');
    expect(output).toContain('a bug in a handler');
    expect(code).toBe(1);
  });

  it('does no harm with ours', async () => {
    expect(await survives('ours')).toEqual({ code: 0, output: 'saw second\n' });
  });

  it('vanishes in a plain stock Watch, and is counted by ours', async () => {
    const name = 'plain-watch';
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', labels: { suite: name } },
    };
    await client.apply(object, { fieldManager: 'test' });
    const problems: unknown[] = [];
    let called = 0;
    const query = { labelSelector: `suite=${name}` };
    const bug = (): void => {
      called++;
      throw new Error('a bug in a handler');
    };
    const watch = await new Watch(loadKubeConfig({ path: api.kubeconfig })).watch(
      '/api/v1/namespaces/default/configmaps',
      query,
      bug,
      (error: unknown) => void problems.push(error),
    );
    await vi.waitFor(() => expect(called).toBe(1), soon);
    expect(problems).toEqual([]);
    watch.abort();
    const metrics = createMetrics({ processMetrics: false });
    const follower = ours({ kubeconfig: api.kubeconfig, suite: name, onChange: bug, reflector: { metrics } });
    await follower.start();
    expect(await metrics.registry.metrics()).toContain('reflector_handler_errors_total{kind="configmaps"} 1');
    await follower.stop();
  });
});
