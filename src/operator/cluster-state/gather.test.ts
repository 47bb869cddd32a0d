import { describe, expect, it } from 'vitest';
import {
  NOON,
  pod,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../test/support/presence-cluster-builder.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { standardLabels } from '../../domain/resources/manifest.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { createStore, type Store } from '../../platform/kube/store.ts';
import { createRedisAdmin } from '../../platform/redis/admin.ts';
import { gatherTopology } from '../redis/gather.ts';
import { type ClusterStores, gatherCached, podsToAsk, schedulableNodes } from './gather.ts';
import type { Pod } from './pod.ts';

/** Nobody is asked: no pod here has an address. */
const admin = createRedisAdmin({ username: '', password: '', connectTimeoutMs: 1, commandTimeoutMs: 1 });

function storeOf<T extends KubeObject>(...objects: readonly T[]): Store<T> {
  const store = createStore<T>();
  for (const object of objects) store.put(object);
  return store;
}

const child = (name: string, namespace = 'weddings', cluster = 'wedsync') => ({
  apiVersion: 'v1',
  kind: builtin.Service.kind,
  metadata: { name, namespace, labels: standardLabels(cluster, 'redis') },
});
const elsewhere = <T extends KubeObject>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace: 'other' },
});

async function look(some: Partial<ClusterStores>) {
  const stores: ClusterStores = {
    clusters: storeOf(),
    weddings: storeOf(),
    overrides: storeOf(),
    pods: storeOf(),
    claims: storeOf(),
    children: storeOf(),
    nodes: undefined,
    ...some,
  };
  const cached = gatherCached(stores, presenceCluster(), NOON);
  const topology = await gatherTopology(admin, podsToAsk(stores, cached.redisPods));
  return { ...cached, topology, schedulableNodes: () => schedulableNodes(stores) };
}

describe('gather', () => {
  it('takes claims of Redis pods by name, and no others with the label of the PresenceCluster', async () => {
    const named = (name: string) => ({
      apiVersion: 'v1',
      kind: builtin.PersistentVolumeClaim.kind,
      metadata: { name, namespace: 'weddings', labels: { [LABEL.cluster]: 'wedsync' } },
    });
    const claims = storeOf(named('data-wedsync-redis-0-1'), named('photos'), named('data-other-redis-0-0'));
    expect((await look({ claims })).claims.map(({ name }) => name)).toEqual(['data-wedsync-redis-0-1']);
  });

  it('takes pods whose labels were changed, as long as they have that of the PresenceCluster', async () => {
    const labelled = (labels: Record<string, string>): Pod => {
      const found = redisPod(0, 0);
      return { ...found, metadata: { ...found.metadata, labels } };
    };
    const { cluster, component, managedBy } = LABEL;
    for (const labels of [
      { [cluster]: 'wedsync' },
      { [cluster]: 'wedsync', [component]: 'presence', [managedBy]: 'x' },
    ]) {
      const seen = await look({ pods: storeOf(labelled(labels)) });
      expect(seen.redisPods.map(({ metadata }) => metadata.name)).toEqual(['wedsync-redis-0-0']);
      expect(seen.presencePods).toEqual([]);
      expect(seen.topology.nodes).toMatchObject([{ pod: 'wedsync-redis-0-0', shard: 0 }]);
    }
  });

  it('takes what is of this PresenceCluster, and of its namespace', async () => {
    const seen = await look({
      pods: storeOf(
        ...[redisPod(0, 0), pod('p-1', 'presence'), elsewhere(redisPod(0, 0)), elsewhere(redisPod(1, 0))],
      ),
      children: storeOf(child('mine'), child('mine', 'other'), child('theirs', 'weddings', 'second')),
    });
    expect(seen.redisPods.map(({ metadata }) => metadata.name)).toEqual(['wedsync-redis-0-0']);
    expect(seen.presencePods.map(({ metadata }) => metadata.name)).toEqual(['p-1']);
    expect([...seen.children]).toEqual([['Service/mine', child('mine')]]);
    expect(seen).toMatchObject({ now: NOON, cluster: { metadata: { name: 'wedsync' } } });
  });

  it('takes weddings that name it, and those that name none', async () => {
    const weddings = [
      wedding({}, 'of-all'),
      wedding({ presenceClusterName: 'wedsync' }, 'of-this'),
      wedding({ presenceClusterName: 'second' }, 'of-another'),
      elsewhere(wedding({}, 'elsewhere')),
    ];
    const seen = await look({ weddings: storeOf(...weddings) });
    expect(seen.weddings.map(({ metadata }) => metadata.name)).toEqual(['of-all', 'of-this']);
  });

  it('tells Redis pods with shard, node and whether they end', async () => {
    const ending = redisPod(2, 1, { deletionTimestamp: '2027-06-05T11:00:00Z', status: {} });
    const bound = { ...redisPod(0, 0, { status: {} }), spec: { nodeName: 'node-a' } };
    const { topology } = await look({ pods: storeOf<Pod>(bound, ending) });
    const silent = { reachable: false, reason: 'no address yet' };
    expect(topology.nodes).toEqual([
      { pod: 'wedsync-redis-0-0', shard: 0, kubernetesNode: 'node-a', terminating: false, ...silent },
      { pod: 'wedsync-redis-2-1', shard: 2, terminating: true, ...silent },
    ]);
  });

  it('tells which nodes take pods, and nothing where Nodes cannot be watched', async () => {
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const node = (name: string, spec: object) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec,
      status,
    });
    const nodes = storeOf(node('a', {}), node('b', { unschedulable: true }));
    expect((await look({ nodes })).schedulableNodes()).toEqual(['a']);
    expect((await look({ nodes: storeOf() })).schedulableNodes()).toBeUndefined();
    expect((await look({})).schedulableNodes()).toBeUndefined();
  });
});
