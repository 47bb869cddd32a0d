import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import { type GatheredPod, gatherTopology } from '../redis/gather.ts';
import { isCordoned, isSchedulable, type KubeNode } from './kube-node.ts';
import { podsToForce } from './lost-pods.ts';
import { type CachedState, childKey, type Observed } from './observed.ts';
import type { Pod } from './pod.ts';
import { askedInVainMs, whyDown } from './pod-health.ts';

/** The caches that a PresenceCluster is decided from. */
export interface ClusterStores {
  clusters: StoreReader;
  weddings: StoreReader;
  overrides?: StoreReader;
  pods: StoreReader;
  /** Every kind of child but Pod and Secret. */
  children: StoreReader;
  /** Kubernetes nodes; absent when the operator may not read them. */
  nodes?: StoreReader | undefined;
}

/** The Kubernetes node that a pod is bound to, undefined when it is not bound or nodes may not be read. */
export function nodeOf({ nodes }: Pick<ClusterStores, 'nodes'>, pod: Pod): KubeNode | undefined {
  const name = pod.spec.nodeName;
  return name === undefined ? undefined : (nodes?.get(name) as unknown as KubeNode | undefined);
}

/** Everything the caches and the Redis nodes say about one PresenceCluster at this moment. */
export async function gather(
  stores: ClusterStores,
  cluster: PresenceCluster,
  admin: RedisAdmin,
  now: Date,
): Promise<Observed> {
  const cached = gatherCached(stores, cluster, now);
  const pods = cached.redisPods.map((pod) => toGatheredPod(pod, nodeOf(stores, pod)));
  return {
    ...cached,
    schedulableNodes: () => schedulableNodes(stores),
    topology: await gatherTopology(admin, pods),
  };
}

/** A cluster without Nodes is one whose Nodes cannot be watched. */
function schedulableNodes({ nodes }: Pick<ClusterStores, 'nodes'>): string[] | undefined {
  const all = (nodes?.list() ?? []) as unknown as KubeNode[];
  return all.length === 0 ? undefined : all.filter(isSchedulable).map(({ metadata }) => metadata.name);
}

/** Without asking any Redis node, so that nothing that hangs holds it up. */
export function gatherCached(stores: ClusterStores, cluster: PresenceCluster, now: Date): CachedState {
  const { name, namespace } = cluster.metadata;
  const pods = podsOf(stores, cluster);
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
    lostPods: podsToForce(redisPods, (pod) => nodeOf(stores, pod), now),
  };
}

/** The Redis and presence pods of a PresenceCluster. */
export function podsOf({ pods }: ClusterStores, { metadata }: PresenceCluster): Pod[] {
  return mine<Pod>(pods, metadata.namespace, metadata.name);
}

function mine<T>(store: StoreReader, namespace: string, cluster: string): T[] {
  return store
    .byLabel(LABEL.cluster, cluster)
    .filter((object) => object.metadata.namespace === namespace) as unknown as T[];
}

function toGatheredPod(pod: Pod, kubeNode: KubeNode | undefined): GatheredPod {
  const down = whyDown(pod, kubeNode);
  const ip = pod.status?.podIP;
  const node = pod.spec.nodeName;
  return {
    pod: pod.metadata.name,
    shard: Number(pod.metadata.labels?.[LABEL.shard]),
    ...(ip ? { ip } : {}),
    ...(node ? { node } : {}),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    ...(down === undefined ? {} : { down, askedInVainMs: askedInVainMs(pod, kubeNode) }),
    ...(isCordoned(kubeNode) ? { cordoned: true } : {}),
  };
}
