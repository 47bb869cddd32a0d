import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import type { ChangeFreeze, PresenceCluster, RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { rolloutOverrideSpec } from '../../api/v1alpha1/rollout-override.ts';
import { createStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { registerBreakGlassMetric } from './metrics.ts';
import { OverrideReconciler } from './reconcile.ts';

const CREATED = '2027-06-05T20:00:00Z';

function override(name = 'incident', spec: object = {}): RolloutOverride {
  return {
    apiVersion: API_VERSION,
    kind: 'RolloutOverride',
    metadata: { name, namespace: 'weddings', uid: name, generation: 1, creationTimestamp: CREATED },
    spec: rolloutOverrideSpec.parse({
      presenceClusterName: 'wedsync',
      reason: 'the key leaked',
      ticket: 'OPS-1',
      requestedBy: 'ada',
      expiresAt: '2027-06-05T21:00:00Z',
      ...spec,
    }),
  };
}

function world(...overrides: RolloutOverride[]) {
  const client = new MemoryKubeClient();
  const clock = new ManualClock(CREATED);
  const stores = {
    overrides: createStore<RolloutOverride>(),
    clusters: createStore<PresenceCluster>(),
    changeFreezes: createStore<ChangeFreeze>(),
  };
  stores.clusters.put(presenceCluster());
  for (const each of overrides) client.put(each);
  const heard: string[] = [];
  const reconciler = new OverrideReconciler({
    client,
    clock,
    ...stores,
    events: {
      record: (_, { type, reason, note }) => void heard.push(`${type} ${reason}: ${note}`),
      flush: async () => {},
    },
  });
  const pass = async (name = 'incident') => {
    for (const object of client.objects.values()) stores.overrides.put(object as RolloutOverride);
    const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
    const outcome = await reconciler.reconcile(`weddings/${name}`, context);
    const stored = client.of(`RolloutOverride/${name}`)?.status as RolloutOverride['status'];
    return { outcome, condition: stored?.conditions?.[0], until: stored?.until };
  };
  return { client, clock, stores, heard, pass };
}

describe('OverrideReconciler', () => {
  it('opens, tells it once, and ends by itself', async () => {
    const { clock, heard, pass } = world(override());
    const open = await pass();
    expect(open).toMatchObject({
      condition: { type: 'Active', status: 'True', reason: 'Open' },
      until: '2027-06-05T21:00:00Z',
      outcome: { kind: 'requeueAt', at: new Date('2027-06-05T21:00:00Z') },
    });
    await pass();
    await clock.advance(3_600_001);
    const ended = await pass();
    expect(ended).toMatchObject({
      condition: {
        status: 'False',
        reason: 'Expired',
        message: 'The override ended at 2027-06-05T21:00:00Z.',
      },
      outcome: { kind: 'done' },
    });
    expect(heard).toEqual([
      'Warning OverrideOpened: wedsync: ada, ticket OPS-1, until 2027-06-05T21:00:00Z, opens Rollout: the key leaked',
      'Normal OverrideEnded: wedsync: ada, ticket OPS-1: The override ended at 2027-06-05T21:00:00Z.',
    ]);
  });

  it('ends after four hours whatever it asks for', async () => {
    const { pass } = world(override('incident', { expiresAt: '2030-01-01T00:00:00Z' }));
    expect((await pass()).until).toBe('2027-06-06T00:00:00Z');
  });

  it('says that it opens nothing without its PresenceCluster, or beyond the limit', async () => {
    const { heard, pass } = world(override('incident', { presenceClusterName: 'other' }));
    expect((await pass()).condition).toMatchObject({ status: 'False', reason: 'UnknownCluster' });
    expect(heard).toEqual([expect.stringContaining('Warning OverrideRefused: other: ada')]);
    const many = world(...Array.from({ length: 33 }, (_, index) => override(`o-${10 + index}`)));
    expect((await many.pass('o-41')).condition).toMatchObject({ status: 'True' });
    expect((await many.pass('o-42')).condition).toMatchObject({ status: 'False', reason: 'TooMany' });
  });
});

describe('presence_breakglass_active', () => {
  it('counts what is open now, by PresenceCluster or ChangeFreeze', async () => {
    const { clock, stores, pass } = world(
      override(),
      override('second'),
      override('else', { presenceClusterName: 'b' }),
      override('shop', { presenceClusterName: undefined, changeFreezeName: 'weekend' }),
    );
    await pass();
    const registry = new Registry();
    registerBreakGlassMetric(registry, stores.overrides, clock);
    const values = async () =>
      Object.fromEntries(
        ((await registry.getMetricsAsJSON())[0]?.values ?? []).map(({ labels, value }) => [
          labels.presencecluster ?? `ChangeFreeze ${labels.changefreeze}`,
          value,
        ]),
      );
    expect(await values()).toEqual({ wedsync: 2, b: 1, 'ChangeFreeze weekend': 1 });
    await clock.advance(3_600_000);
    expect(await values()).toEqual({ wedsync: 0, b: 0, 'ChangeFreeze weekend': 0 });
  });
});
