import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import {
  createReflector,
  type Reflector,
  type ReflectorOptions,
} from '../../../src/platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { createStore, type Store } from '../../../src/platform/kube/store.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { startApiAndClient } from '../api-client.ts';
import { type Fault, type FaultProxy, isWatch, startFaultProxy } from './fault-proxy.ts';

const { api, client: direct, stop } = await startApiAndClient();
afterAll(stop);

let proxy: FaultProxy;
let client: KubeClient;
let suites = 0;
let suite: string;
let store: Store;
let reflector: Reflector;

beforeEach(async () => {
  suite = `faults-${suites++}`;
  proxy = await startFaultProxy(api);
  client = createKubeClient({ config: loadKubeConfig({ path: proxy.kubeconfig }), clock: systemClock });
  store = createStore();
});

afterEach(async () => {
  await reflector?.stop();
  await client.close();
  await proxy.close();
});

const within = { timeout: 60_000, interval: 20 };

function put(name: string, value: string): Promise<unknown> {
  const metadata = { name: `${suite}-${name}`, namespace: 'default', labels: { suite } };
  return direct.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } },
    { fieldManager: 'test', force: true },
  );
}

function follow(extra: Partial<ReflectorOptions> = {}, type: ResourceType = builtin.ConfigMap): Reflector {
  reflector = createReflector({
    client,
    type,
    namespace: 'default',
    labelSelector: `suite=${suite}`,
    store,
    onChange: () => undefined,
    log: silentLogger(),
    clock: systemClock,
    ...extra,
  });
  reflector.start();
  return reflector;
}

const value = (name: string): unknown =>
  (store.get(`default/${suite}-${name}`)?.data as { value?: string })?.value;

const FAULTS: Fault[] = [
  { kind: 'status', code: 500 },
  { kind: 'status', code: 503, body: '<html>a load balancer</html>' },
  { kind: 'status', code: 410 },
  { kind: 'drop' },
  { kind: 'delay', ms: 500 },
  { kind: 'lines', lines: ['{"type":"ADDED","object":{"meta'], after: 'end' },
  { kind: 'lines', lines: ['<html>'], after: 'end' },
  { kind: 'slowBody', pieceBytes: 100, everyMs: 20 },
];
const name = ({ kind, ...rest }: Fault): string => `${kind} ${JSON.stringify(rest)}`;

describe.each(['stream', 'pages'] as const)('the first list by %s', (initial) => {
  it.each(FAULTS.map((fault) => ({ fault, name: name(fault) })))('gets over $name', async ({ fault }) => {
    await put('a', '1');
    proxy.spoil(() => true, fault);
    follow({ initial });
    await vi.waitFor(() => expect(value('a')).toBe('1'), within);
    await put('a', '2');
    await vi.waitFor(() => expect(value('a')).toBe('2'), within);
    await vi.waitFor(() => expect(reflector.lastError).toBeUndefined(), within);
  });
});

describe('a watch', () => {
  it.each(FAULTS.map((fault) => ({ fault, name: name(fault) })))('gets over $name', async ({ fault }) => {
    await put('gone', '1');
    await follow().synced();
    await vi.waitFor(() => expect(proxy.watches).toHaveLength(1), within);
    proxy.spoil(isWatch, fault);
    proxy.watches[0]?.break();
    await direct.delete(builtin.ConfigMap, 'default', `${suite}-gone`);
    await put('a', '1');
    await vi.waitFor(() => expect(value('a')).toBe('1'), within);
    await vi.waitFor(() => expect(store.size).toBe(1), within);
  });

  it('that is half-open is found out by the watchdog', async () => {
    await follow({ watchdogMs: 1_500 }).synced();
    await vi.waitFor(() => expect(proxy.watches).toHaveLength(1), within);
    proxy.watches[0]?.silence();
    await put('a', '1');
    await vi.waitFor(() => expect(value('a')).toBe('1'), within);
  });

  it('gets over a network that swallows everything for a while', async () => {
    await follow({ watchdogMs: 1_500 }).synced();
    proxy.blackhole();
    await put('a', '1');
    await vi.waitFor(() => expect(reflector.lastError?.kind).toBe('unavailable'), within);
    expect(value('a')).toBeUndefined();
    proxy.mend();
    await vi.waitFor(() => expect(value('a')).toBe('1'), within);
  });

  it('waits as long as the server says after a 429', async () => {
    await follow().synced();
    await vi.waitFor(() => expect(proxy.watches).toHaveLength(1), within);
    proxy.spoil(isWatch, { kind: 'status', code: 429, headers: { 'retry-after': '3' } });
    proxy.watches[0]?.end();
    const watches = () => proxy.requests.filter(isWatch).slice(1);
    await vi.waitFor(() => expect(watches().length).toBe(2), within);
    const [refused, next] = watches();
    expect((next?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(2_990);
  });

  it('starts again from the last bookmark, not from the list', async () => {
    await follow().synced();
    await put('a', '1');
    await vi.waitFor(() => expect(value('a')).toBe('1'), within);
    const bookmark = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '987654321' } };
    proxy.spoil(isWatch, { kind: 'lines', lines: [], after: 'silence' });
    proxy.watches[0]?.insert(JSON.stringify({ type: 'BOOKMARK', object: bookmark }));
    proxy.watches[0]?.end();
    await vi.waitFor(() => expect(proxy.requests.filter(isWatch)).toHaveLength(2), within);
    expect(proxy.requests.filter(isWatch)[1]?.path).toContain('resourceVersion=987654321');
  });
});

describe('a server without WatchList', () => {
  it('that refuses it gets list requests', async () => {
    await put('a', '1');
    proxy.spoil(({ path }) => path.includes('sendInitialEvents'), { kind: 'status', code: 422 }, 100);
    await follow().synced();
    expect(value('a')).toBe('1');
    expect(proxy.requests.filter(({ path }) => path.includes('sendInitialEvents'))).toHaveLength(1);
    expect(proxy.requests.some(({ path, watch }) => !watch && path.includes('limit=500'))).toBe(true);
  });

  it('that ignores it gets list requests when no end of the list comes', async () => {
    await put('a', '1');
    proxy.spoil(
      ({ path }) => path.includes('sendInitialEvents'),
      { kind: 'lines', lines: [], after: 'silence' },
      100,
    );
    await follow({ watchdogMs: 1_000 }).synced();
    expect(value('a')).toBe('1');
  });
});

describe('what people must repair', () => {
  it('a kind that the server does not have is said, and does not count as unavailable', async () => {
    const widgets = {
      group: 'example.com',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
    };
    follow({ labelSelector: undefined }, widgets);
    await vi.waitFor(() => expect(reflector.lastError?.kind).toBe('missing'), within);
    expect(reflector.lastError?.message).toContain('widgets');
    expect(reflector.checkProgress()).toBeUndefined();
  });
});

describe('malformed objects', () => {
  it('do not keep others out of the cache', async () => {
    const lines = [
      { type: 'ADDED', object: { apiVersion: 'v1', kind: 'ConfigMap' } },
      { type: 'ADDED', object: { metadata: { name: 7, labels: 'no' } } },
      {
        type: 'ADDED',
        object: {
          metadata: {
            name: 'odd',
            namespace: 'default',
            labels: 7,
            ownerReferences: 'x',
            resourceVersion: '5',
          },
        },
      },
      { type: 'ADDED', object: { metadata: { name: 'good', namespace: 'default', resourceVersion: '6' } } },
      {
        type: 'BOOKMARK',
        object: { metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } } },
      },
    ].map((line) => JSON.stringify(line));
    proxy.spoil(isWatch, { kind: 'lines', lines, after: 'silence' });
    const heard: string[] = [];
    await follow({
      onChange: ({ object }) => {
        heard.push(object.metadata.name);
        if (object.metadata.name === 'odd') throw new TypeError('a handler that trusts the labels');
      },
    }).synced();
    expect(heard).toEqual(['odd', 'good']);
    expect(store.list().map((object: KubeObject) => object.metadata.name)).toEqual(['odd', 'good']);
    expect(store.byOwner('x')).toEqual([]);
    expect(store.byLabel('suite', suite)).toEqual([]);
  });
});
