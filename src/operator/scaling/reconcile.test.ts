import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import {
  IMAGES,
  loadSources,
  NOON,
  observed,
  presenceCluster,
} from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { createStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { PersistentVolumeClaim } from '../cluster-state/claims.ts';
import type { Pod } from '../cluster-state/pod.ts';
import type { LoadSources } from '../load/load-state.ts';
import { ClusterEvents } from '../objects/cluster-events.ts';
import { build } from '../presence-cluster/plan/build.ts';
import { decide } from '../presence-cluster/plan/decide.ts';
import { ScalingReconciler } from './reconcile.ts';

const KEY = 'weddings/wedsync';
const DEPLOYMENT = 'Deployment/wedsync-presence';

/** A reconciler over objects in memory, with caches that are filled right before each pass. */
function world(cluster: PresenceCluster = presenceCluster(), more: Partial<LoadSources> = {}) {
  const client = new MemoryKubeClient();
  const heard: string[] = [];
  const accepted = presenceCluster();
  const seen = observed({ cluster: accepted });
  const { workloads } = build(seen, accepted.spec, decide(seen, accepted.spec), IMAGES);
  const deployment = workloads.find(({ manifest }) => manifest.kind === 'Deployment')?.manifest;
  const stores = {
    clusters: createStore<PresenceCluster>(),
    weddings: createStore<Wedding>(),
    overrides: createStore<RolloutOverride>(),
    pods: createStore<Pod>(),
    claims: createStore<PersistentVolumeClaim>(),
    children: createStore(),
    nodes: undefined,
  };
  const reconciler = new ScalingReconciler({
    client,
    stores,
    loadSources: loadSources(more),
    clock: new ManualClock(NOON),
    clusterEvents: new ClusterEvents({
      record: (_, { reason, note }) => void heard.push(`${reason}: ${note}`),
      flush: async () => {},
    }),
  });
  const pass = () => {
    stores.clusters.put(cluster);
    const live = client.of(DEPLOYMENT);
    if (live) stores.children.put(live);
    const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
    return reconciler.reconcile(KEY, context);
  };
  const make = (replicas: number) => {
    const { spec, ...rest } = deployment as unknown as KubeObject;
    client.put({ ...rest, spec: { ...(spec as object), replicas } });
  };
  const replicas = () => (client.of(DEPLOYMENT)?.spec as { replicas?: number } | undefined)?.replicas;
  return { client, heard, pass, make, replicas };
}

describe('ScalingReconciler', () => {
  it('waits for the Deployment, writes the number once, tells it, and comes back at the next boundary', async () => {
    const { heard, pass, make, replicas } = world();
    expect(await pass()).toEqual({ kind: 'requeueAt', at: new Date('2027-06-05T17:00:00Z') });
    expect(heard).toEqual([]);
    make(4);
    await pass();
    await pass();
    expect(replicas()).toBe(6);
    expect(heard).toEqual([expect.stringMatching(/^Scaled: presence pods 4 → 6: /)]);
  });

  it('lets somebody else who scales have his way', async () => {
    const { heard, pass, make, replicas } = world(presenceCluster(), {
      conflictingAutoscaler: () => 'HorizontalPodAutoscaler/theirs',
    });
    make(4);
    await pass();
    expect([replicas(), heard]).toEqual([4, []]);
  });

  it('holds the number that was asked for', async () => {
    const { pass, make, replicas } = world(presenceCluster(), {
      holdFloor: () => ({ replicas: 9, until: new Date('2027-06-05T14:00:00Z'), because: 'a rehearsal' }),
    });
    make(4);
    await pass();
    expect(replicas()).toBe(9);
  });

  it('looks at the load again soon in the modes that look at it', async () => {
    const { pass } = world(presenceCluster({ scaling: { mode: 'Full' } }));
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 5_000, orAt: expect.any(Date) });
  });

  it('tells a refusal, and no fuss of a Deployment that is going away', async () => {
    const { client, heard, pass, make } = world();
    make(4);
    client.refuse('applyScale', DEPLOYMENT, 422);
    for (let round = 0; round < 2; round++)
      expect(await pass()).toEqual({ kind: 'requeueAfter', ms: 5_000, orAt: expect.any(Date) });
    expect(heard).toEqual([`ApplyFailed: applyScale ${DEPLOYMENT}: 422: refused by the test`]);
    client.refuse('applyScale', DEPLOYMENT, 404);
    await expect(pass()).rejects.toThrow('refused by the test');
    expect(heard).toHaveLength(1);
  });

  it('makes nothing of a spec that was never understood', async () => {
    const { pass, make, replicas } = world(presenceCluster({ timeZone: 'Mars/Olympus' }));
    make(4);
    expect(await pass()).toEqual({ kind: 'done' });
    expect(replicas()).toBe(4);
  });
});
