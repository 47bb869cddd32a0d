import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import type { Pod } from '../pod.ts';
import { type GatheredPod, gatherTopology } from '../redis/gather.ts';
import { childKey, type Observed } from './observed.ts';

/** The caches that a PresenceCluster is decided from. */
export interface ClusterStores {
  clusters: StoreReader;
  weddings: StoreReader;
  overrides?: StoreReader;
  pods: StoreReader;
  /** Every kind of child but Pod and Secret. */
  children: StoreReader;
}

/** Everything the caches and the Redis nodes say about one PresenceCluster at this moment. */
export async function gather(
  stores: ClusterStores,
  cluster: PresenceCluster,
  admin: RedisAdmin,
  now: Date,
): Promise<Observed> {
  const { name, namespace } = cluster.metadata;
  const pods = mine<Pod>(stores.pods, namespace, name);
  const component = (value: string) => pods.filter((pod) => pod.metadata.labels?.[LABEL.component] === value);
  const redisPods = component('redis');
  const children = mine<KubeObject>(stores.children, namespace, name);
  return {
    now,
    cluster,
    weddings: stores.weddings
      .list(namespace)
      .map((object) => object as unknown as Wedding)
      .filter(({ spec }) => (spec.presenceClusterName ?? name) === name),
    overrides: (stores.overrides?.list(namespace) ?? [])
      .map((object) => object as unknown as RolloutOverride)
      .filter(({ spec }) => spec.presenceClusterName === name),
    children: new Map(children.map((child) => [childKey(child), child])),
    redisPods,
    presencePods: component('presence'),
    topology: await gatherTopology(admin, redisPods.map(toGatheredPod)),
  };
}

function mine<T>(store: StoreReader, namespace: string, cluster: string): T[] {
  return store
    .byLabel(LABEL.cluster, cluster)
    .filter((object) => object.metadata.namespace === namespace) as unknown as T[];
}

function toGatheredPod(pod: Pod): GatheredPod {
  const ip = pod.status?.podIP;
  const node = pod.spec.nodeName;
  return {
    pod: pod.metadata.name,
    shard: Number(pod.metadata.labels?.[LABEL.shard]),
    ...(ip ? { ip } : {}),
    ...(node ? { node } : {}),
    terminating: pod.metadata.deletionTimestamp !== undefined,
  };
}
