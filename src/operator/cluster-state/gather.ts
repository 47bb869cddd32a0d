import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import { type Component, LABEL } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { claimPrefix } from '../../domain/resources/redis-claims.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { GatheredPod } from '../redis/gather.ts';
import { claimOf, type PersistentVolumeClaim } from './claims.ts';
import { isCordoned, isSchedulable, type KubeNode } from './kube-node.ts';
import { podsToForce } from './lost-pods.ts';
import { type CachedState, childKey } from './observed.ts';
import type { Pod } from './pod.ts';
import { probeFailureWindowMs, whyDown } from './pod-health.ts';
import { identityOf, shardOf } from './pod-identity.ts';

/** The caches that a PresenceCluster is decided from. */
export interface ClusterStores {
  clusters: StoreReader<PresenceCluster>;
  weddings: StoreReader<Wedding>;
  overrides: StoreReader<RolloutOverride>;
  pods: StoreReader<Pod>;
  /** PersistentVolumeClaims of Redis pods. */
  claims: StoreReader<PersistentVolumeClaim>;
  /** Every kind of child but Pod, PersistentVolumeClaim and Secret. */
  children: StoreReader;
  /** Kubernetes nodes; undefined when the operator may not read them. */
  nodes: StoreReader<KubeNode> | undefined;
}

/** What the caches say about one PresenceCluster at this moment. Asks no Redis node, so that nothing that hangs holds it up. */
export function gatherCached(stores: ClusterStores, cluster: PresenceCluster, now: Date): CachedState {
  const { name, namespace } = cluster.metadata;
  const children = ofCluster(stores.children, cluster.metadata);
  const redisPods = podsOf(stores, cluster.metadata, 'redis');
  return {
    now,
    cluster,
    weddings: stores.weddings
      .list(namespace)
      .filter(({ spec }) => (spec.presenceClusterName ?? name) === name),
    overrides: stores.overrides.list(namespace).filter(({ spec }) => spec.presenceClusterName === name),
    children: new Map(children.map((child) => [childKey(child), child])),
    redisPods,
    // By name: people put our label on objects of their own, and a claim may have lost labels.
    claims: ofCluster(stores.claims, cluster.metadata)
      .filter(({ metadata }) => metadata.name.startsWith(claimPrefix(childName.redis(name))))
      .map(claimOf),
    presencePods: podsOf(stores, cluster.metadata, 'presence'),
    lostPods: podsToForce(redisPods, (pod) => nodeOf(stores, pod), now),
  };
}

/** The pods of one component of a PresenceCluster. */
export function podsOf(
  { pods }: Pick<ClusterStores, 'pods'>,
  cluster: { name: string; namespace: string },
  component: Component,
): Pod[] {
  return ofCluster(pods, cluster).filter((pod) => identityOf(pod, cluster.name)?.component === component);
}

/** The Redis pods to ask, with their state in Kubernetes. */
export function podsToAsk(stores: ClusterStores, redisPods: readonly Pod[]): GatheredPod[] {
  return redisPods.map((pod) => toGatheredPod(pod, nodeOf(stores, pod)));
}

/** Names of the nodes that take Redis pods. An empty cache of Nodes means that Nodes cannot be watched. */
export function schedulableNodes({ nodes }: Pick<ClusterStores, 'nodes'>): string[] | undefined {
  const all = nodes?.list() ?? [];
  return all.length === 0 ? undefined : all.filter(isSchedulable).map(({ metadata }) => metadata.name);
}

/** The Kubernetes node that a pod is bound to, undefined when it is not bound or nodes may not be read. */
function nodeOf({ nodes }: Pick<ClusterStores, 'nodes'>, pod: Pod): KubeNode | undefined {
  const name = pod.spec.nodeName;
  return name === undefined ? undefined : nodes?.get(name);
}

function ofCluster<T extends KubeObject>(
  store: StoreReader<T>,
  { name, namespace }: { name: string; namespace: string },
): T[] {
  return store.byLabel(LABEL.cluster, name).filter(({ metadata }) => metadata.namespace === namespace);
}

function toGatheredPod(pod: Pod, kubeNode: KubeNode | undefined): GatheredPod {
  const down = whyDown(pod, kubeNode);
  const ip = pod.status?.podIP;
  const node = pod.spec.nodeName;
  return {
    pod: pod.metadata.name,
    shard: shardOf(pod),
    ...(ip ? { ip } : {}),
    ...(node ? { node } : {}),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    ...(down === undefined ? {} : { down, probeFailureWindowMs: probeFailureWindowMs(pod, kubeNode) }),
    ...(isCordoned(kubeNode) ? { cordoned: true } : {}),
  };
}
