import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { pod, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster, PresenceOptimization } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { presenceOptimizationSpec } from '../../api/v1alpha1/presence-optimization.ts';
import { REVOCATIONS_FILE } from '../../domain/optimization/revocation-list.ts';
import { weddingRoster } from '../../domain/resources/wedding-roster.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { createStore } from '../../platform/kube/store.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { Disconnects } from './disconnects.ts';
import { HoldRegistry } from './hold-registry.ts';
import { registerRequestMetrics } from './metrics.ts';
import { ALL_REQUESTS, OptimizationReconciler } from './reconcile.ts';

const START = '2027-06-05T12:00:00Z';
const CONFIG_MAP = 'ConfigMap/wedsync-presence-weddings';
/** Addresses of the pods. */
const PODS: Readonly<Record<string, string>> = { a: '10.0.0.1', b: '10.0.0.2' };
const REQUEST = 'PresenceOptimization/lost-phone';
/** Metrics of a pod that never answers. */
const SILENT = 'silent';

/** A PresenceCluster with two presence pods, whose metrics the test writes; operators start and restart over it. */
function world() {
  const client = new MemoryKubeClient();
  const clock = new ManualClock(START);
  const cluster = presenceCluster();
  /** A PresenceCluster of another tenant. */
  const other = presenceCluster({}, { metadata: { name: 'other', namespace: 'tenant', uid: 'uid-other' } });
  /** Metrics by address; a pod without any refuses the connection. */
  const metrics = new Map<string, string>();
  const heard: string[] = [];
  for (const each of [cluster, other])
    client.put(weddingRoster(each, [], clock.now()) as unknown as KubeObject);
  for (const [name, podIP] of Object.entries(PODS))
    client.put(
      pod(`wedsync-presence-${name}`, 'presence', { status: { phase: 'Running', podIP } }) as KubeObject,
    );

  /** The PresenceClusters that there are when an operator starts. */
  const exists = new Set([cluster, other]);
  /** Whether the watch of ConfigMaps brings changes. */
  const watch = { isLate: false };

  function start() {
    const stores = {
      clusters: createStore<PresenceCluster>(),
      children: createStore(),
      pods: createStore<Pod>(),
    };
    for (const each of exists) stores.clusters.put(each);
    const events = {
      record: (object: { kind: string }, { reason, note }: Record<'reason' | 'note', string>) =>
        void heard.push(`${reason} ${object.kind}: ${note}`),
      flush: async () => {},
    };
    const fetchText = async (url: string, signal: AbortSignal): Promise<string> => {
      const text = metrics.get(new URL(url).hostname);
      if (text === undefined) throw new Error('refused');
      if (text === SILENT) await new Promise((_, reject) => signal.addEventListener('abort', reject));
      return text;
    };
    const holds = new HoldRegistry();
    const reconciler = new OptimizationReconciler({
      client,
      clock,
      holds,
      events,
      disconnects: new Disconnects({ client, clock, events, stores, fetchText }),
      clusters: stores.clusters,
      metrics: registerRequestMetrics(new Registry(), holds, clock),
      enqueue: () => {},
    });
    const noted = new Map<string, PresenceOptimization>();
    const noteRequests = (requests: readonly PresenceOptimization[]) => {
      for (const object of noted.values())
        if (!requests.some(({ metadata }) => metadata.name === object.metadata.name))
          reconciler.note({ type: 'deleted', key: keyOf(object), object });
      for (const object of requests) reconciler.note({ type: 'added', key: keyOf(object), object });
      noted.clear();
      for (const object of requests) noted.set(keyOf(object), object);
    };
    /** What the watches bring, and a pass. */
    return async () => {
      const objects = [...client.objects.values()];
      for (const each of [cluster, other])
        if (exists.has(each)) stores.clusters.put(each);
        else stores.clusters.remove(keyOf(each));
      for (const object of objects.filter(({ kind }) => kind === 'ConfigMap'))
        if (!watch.isLate) stores.children.put(object);
      for (const object of objects.filter(({ kind }) => kind === 'Pod')) stores.pods.put(object as Pod);
      noteRequests(objects.filter(({ kind }) => kind === 'PresenceOptimization') as PresenceOptimization[]);
      const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
      return reconciler.reconcile(ALL_REQUESTS, context);
    };
  }

  const request = (disconnect: object = {}, name = 'lost-phone', { metadata } = cluster) => {
    const object: PresenceOptimization = {
      apiVersion: API_VERSION,
      kind: 'PresenceOptimization',
      metadata: {
        name,
        namespace: metadata.namespace,
        uid: name,
        generation: 1,
        creationTimestamp: clock.now().toISOString(),
      },
      spec: presenceOptimizationSpec.parse({
        presenceClusterName: metadata.name,
        requestedBy: 'ada',
        type: 'Disconnect',
        disconnect: { subject: 'u-17', for: '1h', ...disconnect },
      }),
    };
    client.put(object as unknown as KubeObject);
  };
  const published = (configMap = CONFIG_MAP) => {
    const { data = {} } = (client.of(configMap) ?? {}) as { data?: Record<string, string> };
    const text = data[REVOCATIONS_FILE];
    return text === undefined ? undefined : (JSON.parse(text) as { revocations: object[] }).revocations;
  };
  const status = (name = 'lost-phone') =>
    client.of(`PresenceOptimization/${name}`)?.status as PresenceOptimization['status'];
  const inEffect = (name?: string) => {
    const {
      status: is,
      reason,
      message,
    } = status(name)?.conditions?.find(({ type }) => type === 'InEffect') ?? {};
    return `${is} ${reason}: ${message}`;
  };
  /** The pod has taken the list over, and has ended so many connections. */
  const say = (name: string, ended: number) =>
    metrics.set(
      PODS[name] ?? '',
      `# TYPE x gauge\npresence_revocation_ended_connections{request="lost-phone"} ${ended}\npresence_connections 3\n`,
    );
  const renewed = (name: string) =>
    client.of(`Pod/wedsync-presence-${name}`)?.metadata.annotations?.[ANNOTATION.renewFiles];
  return {
    ...{
      client,
      clock,
      cluster,
      other,
      exists,
      watch,
      start,
      request,
      published,
      status,
      inEffect,
      say,
      metrics,
    },
    renewed,
    heard,
  };
}

describe('Disconnects', () => {
  it('publishes the person, asks for the file to be renewed, and says when every pod refuses the person', async () => {
    const { clock, start, request, published, status, inEffect, say, renewed, heard } = world();
    const pass = start();
    expect(await pass()).toEqual({ kind: 'done' });
    expect(published()).toBeUndefined();
    request({ reason: 'a phone was lost' });
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 2_000 });
    expect(published()).toEqual([
      { request: 'lost-phone', subject: 'u-17', tokens: 'All', from: START, until: '2027-06-05T13:00:00Z' },
    ]);
    expect([renewed('a'), renewed('b')]).toEqual([START, START]);
    expect(inEffect()).toBe(
      'False WaitingForPods: 0 of 2 presence pods refuse the person. Connections that they closed: 0. wedsync-presence-a has not said so yet.',
    );

    say('a', 2);
    // A change brings a pass; the pods are asked no sooner for it.
    await pass();
    expect(status()?.disconnect).toEqual({ pods: 2, podsInEffect: 0, closedConnections: 0 });
    await clock.advance(2_000);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 4_000 });
    expect(status()).toMatchObject({
      phase: 'Active',
      until: '2027-06-05T13:00:00Z',
      disconnect: { pods: 2, podsInEffect: 1, closedConnections: 2 },
    });
    expect([renewed('a'), renewed('b')]).toEqual([START, '2027-06-05T12:00:02Z']);

    say('b', 1);
    await clock.advance(4_000);
    await pass();
    expect(inEffect()).toBe(
      'True OnEveryPod: 2 of 2 presence pods refuse the person. Connections that they closed: 3.',
    );
    await clock.advance(60_000);
    await pass();
    expect(heard).toEqual([
      'OptimizationAccepted PresenceCluster: Disconnect for ada: Presence pods refuse the person until 2027-06-05T13:00:00Z.',
      'DisconnectInEffect PresenceCluster: lost-phone: 2 of 2 presence pods refuse the person. Connections that they closed: 3.',
    ]);
  });

  it('ends by itself, and tells that', async () => {
    const { clock, start, request, published, status, inEffect, say } = world();
    const pass = start();
    request();
    say('a', 0);
    say('b', 0);
    await pass();
    await clock.advance(3_600_000);
    await pass();
    expect(published()).toEqual([]);
    expect(status()?.phase).toBe('Done');
    expect(status()?.disconnect).toEqual({ pods: 2, podsInEffect: 2, closedConnections: 0 });
    expect(inEffect()).toBe('False Ended: The Disconnect is over.');
    expect(await pass()).toMatchObject({ kind: 'requeueAt' });
  });

  it('ends with its object, also when that was deleted while no operator ran', async () => {
    const { client, start, request, published } = world();
    const pass = start();
    request();
    request({ wedding: 'ada', tokens: 'IssuedBefore' }, 'second');
    await pass();
    expect(published()).toHaveLength(2);
    client.objects.delete('PresenceOptimization/second');
    await pass();
    expect(published()).toMatchObject([{ request: 'lost-phone' }]);
    client.objects.delete(REQUEST);
    await start()();
    expect(published()).toEqual([]);
  });

  it('withdraws a list that it wrote, also while the cache does not have it yet', async () => {
    const { client, watch, start, request, published } = world();
    const pass = start();
    await pass();
    watch.isLate = true;
    request();
    await pass();
    expect(published()).toHaveLength(1);
    client.objects.delete(REQUEST);
    await pass();
    expect(published()).toEqual([]);
  });

  it('goes on after a restart, and puts back what others changed', async () => {
    const { client, clock, start, request, published, say, heard } = world();
    request();
    say('a', 1);
    say('b', 1);
    await start()();
    const before = client.of(REQUEST)?.status;
    const configMap = client.of(CONFIG_MAP) as KubeObject & { data: Record<string, string> };
    client.put({ ...configMap, data: { ...configMap.data, [REVOCATIONS_FILE]: '{}' } } as KubeObject);
    await clock.advance(600_000);
    const pass = start();
    await pass();
    expect(published()).toMatchObject([
      { request: 'lost-phone', from: START, until: '2027-06-05T13:00:00Z' },
    ]);
    expect(client.of(REQUEST)?.status).toEqual(before);
    expect(heard.filter((line) => line.startsWith('DisconnectInEffect'))).toHaveLength(1);
  });

  it('waits for the ConfigMap of a new PresenceCluster, and makes none itself', async () => {
    const { client, clock, start, request, published, inEffect } = world();
    const roster = client.of(CONFIG_MAP) as KubeObject;
    client.objects.delete(CONFIG_MAP);
    const pass = start();
    request();
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 1_000 });
    expect(client.of(CONFIG_MAP)).toBeUndefined();
    expect(inEffect()).toBe('False WaitingForPods: No presence pod has been asked yet.');
    client.put(roster);
    await clock.advance(1_000);
    await pass();
    expect(published()).toHaveLength(1);
  });

  it('does without the annotation where it may not set it', async () => {
    const { client, start, request, published, say, renewed, inEffect } = world();
    client.refuse('patch', 'Pod/wedsync-presence-b');
    request();
    say('a', 0);
    await start()();
    expect([published()?.length, renewed('b')]).toEqual([1, undefined]);
    expect(inEffect()).toContain('1 of 2 presence pods');
  });

  it('holds up no other PresenceCluster when the list of one is refused for ever, and says why', async () => {
    const { client, clock, other, start, request, published, say, inEffect } = world();
    client.refuse('apply', 'ConfigMap/other-presence-weddings', 422);
    const pass = start();
    request({}, 'of-a-tenant', other);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 1_000 });
    expect(inEffect('of-a-tenant')).toBe(
      'False WaitingForPods: The list for the presence pods could not be written: apply ConfigMap/other-presence-weddings: 422: refused by the test',
    );
    request();
    say('a', 0);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 1_000 });
    expect(published()).toHaveLength(1);
    say('b', 0);
    await clock.advance(2_000);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 1_000 });
    expect(inEffect()).toContain('True OnEveryPod');
  });

  it('publishes for one PresenceCluster while the pods of another are silent', async () => {
    const { client, clock, metrics, other, start, request, published } = world();
    const labels = { 'presence.wedsync.io/cluster': 'other' };
    const silent = pod('other-presence-a', 'presence', {
      labels,
      status: { phase: 'Running', podIP: '10.0.0.3' },
    });
    client.put({ ...silent, metadata: { ...silent.metadata, namespace: 'tenant' } } as KubeObject);
    metrics.set('10.0.0.3', SILENT);
    const pass = start();
    request({}, 'of-a-tenant', other);
    request();
    const passing = pass();
    for (let turn = 0; turn < 10; turn++) await clock.advance(0);
    expect(published()).toHaveLength(1);
    await clock.advance(2_000);
    await passing;
  });

  it('publishes again for a PresenceCluster that was deleted and created again', async () => {
    const { client, clock, cluster, exists, start, request, published, say, inEffect } = world();
    const roster = client.of(CONFIG_MAP) as KubeObject;
    const pass = start();
    request();
    say('a', 0);
    say('b', 0);
    await pass();
    await clock.advance(2_000);
    await pass();
    expect(inEffect()).toContain('True OnEveryPod');
    exists.delete(cluster);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 60_000 });
    exists.add(cluster);
    client.put(roster);
    await clock.advance(60_000);
    await pass();
    expect(published()).toHaveLength(1);
  });

  it('has the file renewed and says that it is not in effect when others removed the person from the list', async () => {
    const { client, clock, start, request, published, say, metrics, inEffect, renewed } = world();
    const pass = start();
    request();
    say('a', 0);
    say('b', 0);
    await pass();
    expect(inEffect()).toContain('True OnEveryPod');
    expect(renewed('a')).toBeUndefined();
    const configMap = client.of(CONFIG_MAP) as KubeObject & { data: Record<string, string> };
    const emptied = { ...configMap.data, [REVOCATIONS_FILE]: '{"revocations":[]}' };
    client.put({ ...configMap, data: emptied } as KubeObject);
    metrics.clear();
    await clock.advance(60_000);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 2_000 });
    expect(published()).toHaveLength(1);
    expect(inEffect()).toContain('False WaitingForPods');
    expect(renewed('a')).toBe('2027-06-05T12:01:00Z');
    say('a', 0);
    say('b', 0);
    await clock.advance(2_000);
    await pass();
    expect(inEffect()).toContain('True OnEveryPod');
  });

  it('leaves what another replica carried out and ended when it begins to lead', async () => {
    const { clock, start, request, published, say, metrics, renewed, heard } = world();
    const leader = start();
    const standby = start();
    request();
    await leader();
    // It sees the request before it is in effect, and leads for a pass.
    await standby();
    say('a', 0);
    say('b', 0);
    await clock.advance(2_000);
    await leader();
    metrics.clear();
    await clock.advance(3_600_000);
    await leader();
    const before = renewed('a');
    await standby();
    expect(published()).toEqual([]);
    expect(renewed('a')).toBe(before);
    expect(heard.filter((line) => line.startsWith('DisconnectInEffect'))).toHaveLength(1);
  });
});
