import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { KubeError } from '../../../src/platform/kube/errors.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { type ChangeEvent, createReflector, type Reflector } from '../../../src/platform/kube/reflector.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { createStore, type Store } from '../../../src/platform/kube/store.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { startApiAndClient } from '../api-client.ts';

const { api, client, stop } = await startApiAndClient();
afterAll(stop);

const running: Reflector[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((reflector) => reflector.stop()));
});

function configMap(name: string, suite: string, data: Record<string, string> = {}): KubeObject {
  const metadata = { name, namespace: 'default', labels: { suite } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

function put(name: string, suite: string, data: Record<string, string> = {}): Promise<KubeObject> {
  return client.apply(configMap(name, suite, data), { fieldManager: 'test', force: true });
}

async function follow(suite: string, through: KubeClient = client) {
  const store: Store = createStore();
  const events: string[] = [];
  const onChange = (event: ChangeEvent): void =>
    void events.push(`${event.type} ${event.object.metadata.name}`);
  const reflector = createReflector({
    client: through,
    type: builtin.ConfigMap,
    namespace: 'default',
    labelSelector: `suite=${suite}`,
    store,
    onChange,
    log: silentLogger(),
    clock: systemClock,
  });
  running.push(reflector);
  reflector.start();
  return { store, events, reflector };
}

const within = { timeout: 60_000, interval: 20 };

describe.each([{ http2: false }, { http2: true }])('over HTTP/2: $http2', ({ http2 }) => {
  const suite = http2 ? 'two' : 'one';
  let through: KubeClient;

  beforeAll(() => {
    through = createKubeClient({
      config: loadKubeConfig({ path: api.kubeconfig }),
      clock: systemClock,
      http2,
    });
  });

  afterAll(() => through.close());

  it('lists, then follows changes of what it selects', async () => {
    await put(`${suite}-before`, suite, { a: '1' });
    const { store, events, reflector } = await follow(suite, through);
    await reflector.synced();
    expect(events).toEqual([`added ${suite}-before`]);
    await put(`${suite}-after`, suite);
    await put(`${suite}-elsewhere`, 'another');
    await put(`${suite}-before`, suite, { a: '2' });
    await client.delete(builtin.ConfigMap, 'default', `${suite}-after`);
    await vi.waitFor(() => expect(events).toHaveLength(4), within);
    expect(events.slice(1)).toEqual([
      `added ${suite}-after`,
      `updated ${suite}-before`,
      `deleted ${suite}-after`,
    ]);
    const kept = store.get(`default/${suite}-before`);
    expect(kept).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '2' } });
    expect(kept?.metadata.managedFields).toBeUndefined();
    expect(store.size).toBe(1);
  });

  it('misses nothing over a restart of the API server', async () => {
    const name = (count: number): string => `${suite}-restart-${count}`;
    const { store, reflector } = await follow(`${suite}-restart`, through);
    await reflector.synced();
    for (let count = 0; count < 5; count++) await put(name(count), `${suite}-restart`);
    await vi.waitFor(() => expect(store.size).toBe(5), within);
    await api.stopServer();
    await vi.waitFor(() => expect(reflector.lastError?.kind).toBe('unavailable'), within);
    await api.startServer();
    await client.delete(builtin.ConfigMap, 'default', name(0));
    await put(name(1), `${suite}-restart`, { changed: 'yes' });
    await put(name(5), `${suite}-restart`);
    // A new list comes object by object; what it lacks goes at its end.
    await vi.waitFor(() => {
      expect(store.get(`default/${name(5)}`)).toBeDefined();
      expect(store.get(`default/${name(0)}`)).toBeUndefined();
      expect(store.get(`default/${name(1)}`)?.data).toEqual({ changed: 'yes' });
      expect(store.size).toBe(5);
      expect(reflector.lastError).toBeUndefined();
    }, within);
  }, 120_000);
});

it('is told 410 for a version that the server no longer holds', async () => {
  await put('old-version', 'expired');
  await api.stopServer();
  await api.startServer();
  const read = async (): Promise<unknown> => {
    const events = client.watch(builtin.ConfigMap, {
      resourceVersion: '1',
      namespace: 'default',
      timeoutSeconds: 60,
    });
    for await (const event of events) if (event.type !== 'BOOKMARK') return event.object.metadata.name;
    return undefined;
  };
  const error = await read().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(KubeError);
  expect(error).toMatchObject({ code: 410, disposition: 'gone' });
}, 120_000);

it('says that it is forbidden to list', async () => {
  const config = loadKubeConfig({ path: api.kubeconfig, context: 'visitor' });
  const visitor = createKubeClient({ config, clock: systemClock });
  const { reflector } = await follow('forbidden', visitor);
  await vi.waitFor(() => expect(reflector.lastError?.kind).toBe('forbidden'), within);
  expect(reflector.hasSynced()).toBe(false);
  expect(reflector.lastError?.message).toContain('configmaps');
  await visitor.close();
});
