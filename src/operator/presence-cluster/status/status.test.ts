import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import {
  IMAGES,
  NOON,
  observed,
  pod,
  presenceCluster,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import { presenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { planTopology } from '../../../domain/topology/plan.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { planReconcile } from '../plan/reconcile-plan.ts';
import { clusterStatus, refusedStatus } from './status.ts';

function passOver(seen: Observed) {
  const accepted = acceptance(seen.cluster);
  if (!accepted.serving) throw new Error('nothing serves');
  return planReconcile(seen, accepted, accepted.serving, IMAGES);
}

describe('clusterStatus', () => {
  it('gives a generation of their own to the conditions that tools wait for', () => {
    const { conditions = [] } = clusterStatus(passOver(observed({})));
    const stamped = conditions.filter(({ observedGeneration }) => observedGeneration === 3);
    expect(stamped.map(({ type }) => type).sort()).toEqual(['Accepted', 'Ready', 'Reconciling']);
    expect(conditions.filter(({ observedGeneration }) => observedGeneration !== undefined)).toEqual(stamped);
  });

  it('shows pods, shards, scaling and the freeze', () => {
    const model = new ModelRedisCluster(3, 1);
    for (let round = 0; round < 20; round++) {
      for (const step of planTopology(model.observe(), { shards: 3, replicasPerShard: 1 }).steps)
        model.apply(step);
      model.gossip();
    }
    const seen = observed({
      topology: model.observe(),
      presencePods: [pod('p-1', 'presence'), pod('p-2', 'presence', { status: {} })],
      weddings: [wedding()],
    });
    const status = clusterStatus(passOver(seen));
    expect(presenceClusterStatus.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      observedGeneration: 3,
      zoneData: '2026c',
      presence: {
        replicas: 2,
        readyReplicas: 1,
        selector: 'presence.wedsync.io/cluster=wedsync,app.kubernetes.io/component=presence',
      },
      redis: { state: 'Steady', slotsCovered: 16384 },
      scaling: { season: 3, peak: 1, desired: 6, nextChange: { at: '2027-06-05T17:00:00Z', expect: 12 } },
      freeze: { active: true, from: '2027-06-05T07:30:00Z', until: '2027-06-06T04:00:00Z' },
      held: [],
      acceptedSpec: { timeZone: 'Europe/London' },
    });
    expect(status.redis?.shards[0]).toEqual({
      index: 0,
      primary: 'redis-0-0',
      replicas: ['redis-0-1'],
      slots: 5462,
    });
    model.setUp(0, false);
    const after = clusterStatus(passOver({ ...seen, topology: model.observe() }));
    expect(after.redis?.shards[0]).toEqual({ index: 0, replicas: [], slots: 5462 });
  });

  it('shows what waits', () => {
    const children = passOver(observed()).desired.manifests as unknown as KubeObject[];
    const cluster = presenceCluster({ presence: { image: 'own:2' } });
    const { held } = clusterStatus(passOver(observed({ cluster, children, weddings: [wedding()] })));
    expect(held).toEqual([
      {
        workload: 'Deployment/wedsync-presence',
        fields: ['spec.containers[name=presence].image'],
        since: '2027-06-05T11:00:00Z',
        until: '2027-06-06T04:00:03Z',
      },
    ]);
  });

  it('is the same a while later when nothing has changed, so that nothing is written', () => {
    const first = clusterStatus(passOver(observed({ weddings: [wedding()] })));
    const cluster = presenceCluster({}, { status: first });
    const now = new Date(NOON.getTime() + 300_000);
    expect(clusterStatus(passOver(observed({ cluster, weddings: [wedding()], now })))).toEqual(first);
  });
});

describe('refusedStatus', () => {
  it('says why nothing is made', () => {
    const cluster = presenceCluster({ timeZone: 'Mars/Olympus' });
    expect(refusedStatus(cluster, acceptance(cluster), NOON, '2026c')).toEqual({
      observedGeneration: 3,
      zoneData: '2026c',
      conditions: ['Accepted', 'Ready', 'Stalled'].map((type) => ({
        type,
        status: type === 'Stalled' ? 'True' : 'False',
        reason: type === 'Accepted' ? 'UnknownTimeZone' : 'NotAccepted',
        observedGeneration: 3,
        lastTransitionTime: '2027-06-05T11:00:00Z',
        message: expect.stringContaining('Mars/Olympus is not an IANA time zone'),
      })),
    });
  });
});
