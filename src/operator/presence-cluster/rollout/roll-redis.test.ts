import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import { observed, presenceCluster, redisPod } from '../../../../test/support/presence-cluster-builder.ts';
import { planTopology } from '../../../domain/topology/plan.ts';
import type { Workload } from '../../cluster-state/observed.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import { lonePrimaryOf, redisRollStep } from './roll-redis.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };
const model = new ModelRedisCluster(3, 1);
for (let round = 0; round < 20; round++) {
  for (const step of planTopology(model.observe(), DESIRED).steps) model.apply(step);
  model.gossip();
}
/** The model names pods `redis-0-1`; ours carry the name of the PresenceCluster before it. */
const topology = {
  nodes: model.observe().nodes.map((node) => ({ ...node, pod: `wedsync-${node.pod}` })),
};
const plan = planTopology(topology, DESIRED);

const statefulSet = (shard: number, status: Workload['status'], generation = 2): Workload => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  spec: { template: {} },
  metadata: { name: `wedsync-redis-${shard}`, namespace: 'weddings', generation },
  ...(status ? { status } : {}),
});
const podOf = (shard: number, ordinal: number, revision: string, status?: Pod['status']) =>
  redisPod(shard, ordinal, {
    labels: { 'controller-revision-hash': revision },
    ...(status ? { status } : {}),
  });
const pods = (revision = 'old') =>
  [0, 1, 2].flatMap((shard) => [podOf(shard, 0, revision), podOf(shard, 1, revision)]);

function step(children: Workload[], redisPods = pods()) {
  return redisRollStep(observed({ topology, redisPods, children }), plan);
}

describe('redisRollStep', () => {
  it('has nothing to do while the revision of the pods is the newest', () => {
    const children = [0, 1, 2].map((shard) =>
      statefulSet(shard, { updateRevision: 'old', observedGeneration: 2 }),
    );
    expect(step(children)).toEqual({ kind: 'none' });
  });

  it('renews the pods of a StatefulSet whose newest revision is another', () => {
    const children = [statefulSet(1, { updateRevision: 'new', observedGeneration: 2 })];
    expect(step(children)).toMatchObject({ kind: 'renew', pod: 'wedsync-redis-1-1' });
  });

  it.each([
    ['is of an older template', { updateRevision: 'new', observedGeneration: 1 }],
    ['is not told yet', undefined],
    ['is empty', { observedGeneration: 2 }],
  ])('does not believe a revision that %s', (_, status) => {
    expect(step([statefulSet(1, status)])).toEqual({ kind: 'none' });
  });

  it('leaves pods alone whose StatefulSet is not known', () => {
    expect(step([])).toEqual({ kind: 'none' });
  });

  it('waits for a pod that is not ready', () => {
    const children = [statefulSet(1, { updateRevision: 'new', observedGeneration: 2 })];
    const redisPods = [...pods().slice(1), podOf(0, 0, 'old', {})];
    expect(step(children, redisPods)).toEqual({ kind: 'wait', because: 'wedsync-redis-0-0 is not ready' });
  });
});

describe('lonePrimaryOf', () => {
  const spec = (redis: object) => presenceCluster({ redis } as never).spec;
  const claim = { replicasPerShard: 0, storage: { type: 'Claim', size: '1Gi' } };

  it('renews one with a volume outside of peaks only, and none without', () => {
    expect(lonePrimaryOf(spec({}), 1)).toBeUndefined();
    expect(lonePrimaryOf(spec(claim), 1)).toEqual({ kind: 'Renew' });
    expect(lonePrimaryOf(spec(claim), 2)).toMatchObject({ kind: 'Wait' });
    expect(lonePrimaryOf(spec({ replicasPerShard: 0 }), 1)).toEqual({ kind: 'Keep' });
  });
});
