import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster, PresenceOptimization } from '../../api/v1alpha1/kinds.ts';
import { presenceOptimizationSpec } from '../../api/v1alpha1/presence-optimization.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { createStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { Disconnects } from './disconnects.ts';
import { HoldRegistry } from './hold-registry.ts';
import { registerRequestMetrics } from './metrics.ts';
import { ALL_REQUESTS, OptimizationReconciler } from './reconcile.ts';

const START = '2027-06-05T12:00:00Z';

/** Requests in memory, seen by operators that start and restart over the same objects. */
function world() {
  const client = new MemoryKubeClient();
  const clock = new ManualClock(START);
  const clusters = createStore<PresenceCluster>();
  clusters.put(presenceCluster());
  const heard: string[] = [];

  function start() {
    const registry = new Registry();
    const holds = new HoldRegistry();
    const enqueued: string[] = [];
    const events = {
      record: (
        object: { kind: string },
        { type, reason, note }: Record<'type' | 'reason' | 'note', string>,
      ) => void heard.push(`${type} ${reason} ${object.kind}: ${note}`),
      flush: async () => {},
    };
    const stores = { clusters, children: createStore(), pods: createStore<Pod>() };
    const fetchText = () => Promise.reject(new Error('no pod is asked'));
    const reconciler = new OptimizationReconciler({
      client,
      clock,
      holds,
      disconnects: new Disconnects({ client, clock, events, stores, fetchText }),
      clusters,
      metrics: registerRequestMetrics(registry, holds, clock),
      enqueue: (key) => void enqueued.push(key),
      events,
    });
    const seen = new Map<string, PresenceOptimization>();
    /** What the watch brings, and a pass. */
    const pass = async () => {
      const now = new Map(client.objects as ReadonlyMap<string, PresenceOptimization>);
      for (const [name, object] of now) {
        if (seen.get(name)?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
        reconciler.note({ type: 'added', key: `weddings/${object.metadata.name}`, object });
      }
      const gone = [...seen].filter(([name]) => !now.has(name));
      for (const [, object] of gone) {
        reconciler.note({ type: 'deleted', key: `weddings/${object.metadata.name}`, object });
      }
      seen.clear();
      for (const [name, object] of now) seen.set(name, object);
      const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
      return reconciler.reconcile(ALL_REQUESTS, context);
    };
    return { pass, holds, enqueued, registry };
  }

  let made = 0;
  const request = (spec: object = {}, at = clock.now()) => {
    const name = `request-${String(++made).padStart(5, '0')}`;
    const object: PresenceOptimization = {
      apiVersion: API_VERSION,
      kind: 'PresenceOptimization',
      metadata: {
        name,
        namespace: 'weddings',
        uid: name,
        generation: 1,
        creationTimestamp: at.toISOString(),
      },
      spec: presenceOptimizationSpec.parse({
        presenceClusterName: 'wedsync',
        requestedBy: 'ada',
        type: 'RefreshTopology',
        ...spec,
      }),
    };
    client.put(object as unknown as KubeObject);
    return name;
  };
  const status = (name: string) =>
    client.of(`PresenceOptimization/${name}`)?.status as PresenceOptimization['status'];
  const phases = () => {
    const found: Record<string, number> = {};
    for (const { status: each } of client.objects.values()) {
      const { phase = 'none', reason = '' } = (each ?? {}) as NonNullable<PresenceOptimization['status']>;
      found[`${phase} ${reason}`.trim()] = (found[`${phase} ${reason}`.trim()] ?? 0) + 1;
    }
    return found;
  };
  return { client, clock, heard, start, request, status, phases };
}

const hold = { type: 'HoldReplicas', holdReplicas: { replicas: 20, for: '1h' } };

describe('OptimizationReconciler', () => {
  it('carries out what is taken, and says so', async () => {
    const { start, request, status, heard } = world();
    const { pass, enqueued } = start();
    const name = request();
    await pass();
    expect(enqueued).toEqual(['weddings/wedsync']);
    expect(status(name)).toMatchObject({
      phase: 'Done',
      conditions: [
        { type: 'Accepted', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
    });
    await pass();
    expect(enqueued).toHaveLength(1);
    expect(heard).toEqual([
      'Normal OptimizationAccepted PresenceCluster: RefreshTopology for ada: The operator reconciles the PresenceCluster now.',
    ]);
  });

  it('holds pods until the time is over, also across a restart', async () => {
    const { clock, start, request, status } = world();
    const first = start();
    const name = request(hold);
    await first.pass();
    expect(first.holds.floorOf('weddings/wedsync', clock.now())).toEqual({
      replicas: 20,
      because: 'at least 20 for ada until 2027-06-05T13:00:00Z',
    });
    expect(status(name)).toMatchObject({ phase: 'Active', until: '2027-06-05T13:00:00Z' });

    const second = start();
    expect(await second.pass()).toEqual({ kind: 'requeueAt', at: new Date('2027-06-05T13:00:00Z') });
    expect(second.holds.floorOf('weddings/wedsync', clock.now())?.replicas).toBe(20);
    expect(second.enqueued).toEqual([]);
    await clock.advance(3_600_000);
    await second.pass();
    expect(second.holds.floorOf('weddings/wedsync', clock.now())).toBeUndefined();
    expect(second.enqueued).toEqual(['weddings/wedsync']);
    expect(status(name)).toMatchObject({ phase: 'Done', until: '2027-06-05T13:00:00Z' });
  });

  it('ends a hold that is deleted', async () => {
    const { client, clock, start, request } = world();
    const { pass, holds, enqueued } = start();
    const name = request(hold);
    await pass();
    await pass();
    client.objects.delete(`PresenceOptimization/${name}`);
    await pass();
    expect(holds.floorOf('weddings/wedsync', clock.now())).toBeUndefined();
    expect(enqueued).toHaveLength(2);
  });

  it('takes ten a minute of one user and lets others through', async () => {
    const { start, request, status, phases } = world();
    const { pass, enqueued } = start();
    for (let count = 0; count < 12; count += 1) request();
    const other = request({ requestedBy: 'grace' });
    await pass();
    expect(enqueued).toHaveLength(11);
    expect(phases()).toEqual({ Done: 11, 'Refused RateLimited': 2 });
    expect(status('request-00011')).toMatchObject({
      phase: 'Refused',
      reason: 'RateLimited',
      retryAfter: '2027-06-05T12:01:00Z',
    });
    expect(status(other)).toMatchObject({ phase: 'Done' });
  });

  it('does not give a place back for a request that is deleted', async () => {
    const { client, clock, start, request, phases } = world();
    const { pass, enqueued } = start();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 10; count += 1) request();
      await pass();
      await clock.advance(1000);
      if (round < 2) client.objects.clear();
    }
    expect(enqueued).toHaveLength(10);
    expect(phases()).not.toHaveProperty('Done');
  });

  it('counts what was taken before a restart', async () => {
    const { clock, start, request, phases } = world();
    for (let count = 0; count < 10; count += 1) request();
    await start().pass();
    await clock.advance(30_000);
    request();
    const { pass, enqueued } = start();
    await pass();
    expect(phases()).toEqual({ Done: 10, 'Refused RateLimited': 1 });
    expect(enqueued).toEqual([]);
    await clock.advance(30_000);
    request();
    await pass();
    expect(phases()).toEqual({ Done: 11, 'Refused RateLimited': 1 });
  });

  it('spends on a flood of 5,000 no more than a few writes a second, and forgets it', async () => {
    const { client, clock, start, request, phases, heard } = world();
    const { pass, enqueued, registry } = start();
    for (let count = 0; count < 5_000; count += 1) request();
    await pass();
    expect(enqueued).toHaveLength(10);
    expect(phases()).toEqual({ Done: 10, 'Refused RateLimited': 10, none: 4_980 });
    expect(heard).toHaveLength(20);
    expect(await registry.metrics()).toContain(
      'presence_optimization_requests_total{type="RefreshTopology",result="RateLimited"} 4990',
    );
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1000);
      expect(await pass()).toEqual({ kind: 'requeueAfter', ms: 1000 });
    }
    // One status a second, and no pass over the PresenceCluster.
    expect(phases()).toEqual({ Done: 10, 'Refused RateLimited': 70, none: 4_920 });
    expect(enqueued).toHaveLength(10);
    await clock.advance(10 * 60_000);
    const before = client.objects.size;
    for (let second = 0; second < 30; second += 1) {
      await pass();
      await clock.advance(1000);
    }
    // Ten deletions a second.
    expect(before - client.objects.size).toBeGreaterThanOrEqual(290);
    expect(before - client.objects.size).toBeLessThanOrEqual(310);
  });

  it('deletes what is over: refused ones after 10 minutes, others after an hour', async () => {
    const { client, clock, start, request } = world();
    const { pass } = start();
    request();
    request({ type: 'Prewarm' });
    await pass();
    expect(await pass()).toEqual({ kind: 'requeueAt', at: new Date('2027-06-05T12:10:00Z') });
    await clock.advance(10 * 60_000);
    await pass();
    expect(client.objects.size).toBe(1);
    await clock.advance(50 * 60_000);
    await pass();
    expect(client.objects.size).toBe(0);
  });

  it('tries again to write a status that was refused, and judges no other way', async () => {
    const { client, start, request, status } = world();
    const { pass, enqueued } = start();
    const name = request();
    client.refuse('applyStatus', `PresenceOptimization/${name}`, 500);
    await expect(pass()).rejects.toThrow('refused by the test');
    const healed = start();
    await expect(healed.pass()).rejects.toThrow('refused by the test');
    expect(status(name)).toBeUndefined();
    expect(enqueued).toEqual(['weddings/wedsync']);
    await expect(pass()).rejects.toThrow('refused by the test');
    expect(enqueued).toHaveLength(1);
  });
});
