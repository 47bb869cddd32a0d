import type { NetworkPeer } from '../../api/schema/network-peer.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { Component } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest, selectorLabels } from './manifest.ts';
import { ADMIN_PORT, PRESENCE_PORT, REDIS_BUS_PORT, REDIS_PORT } from './ports.ts';

/** How a NetworkPolicy knows the pods of the operator. */
export interface OperatorPods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Label that the API server puts on every namespace. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const EVERY_POD: NetworkPeer = { namespaceSelector: {} };

/**
 * Who may connect to the pods; what they connect to is left open. None without `operatorPods`, for an operator that is no pod of
 * the Kubernetes cluster: it would lock itself out.
 */
export function networkPolicies(
  owner: PresenceCluster,
  { networkPolicy }: PresenceClusterSpec,
  operatorPods: OperatorPods | undefined,
): Manifest[] {
  if (!networkPolicy.enabled || operatorPods === undefined) return [];
  const cluster = owner.metadata.name;
  const pods = (component: Component): NetworkPeer => ({
    podSelector: { matchLabels: selectorLabels(cluster, component) },
  });
  const operator: NetworkPeer = {
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: operatorPods.namespace } },
    podSelector: { matchLabels: { ...operatorPods.labels } },
  };
  const { presenceClients, monitoring = [EVERY_POD], redisClients = [] } = networkPolicy;
  return [
    policy(owner, 'redis', [
      ingress(REDIS_PORT, [pods('presence'), pods('redis'), operator, ...redisClients]),
      ingress(REDIS_BUS_PORT, [pods('redis')]),
    ]),
    policy(owner, 'presence', [
      ingress(PRESENCE_PORT, presenceClients),
      ingress(ADMIN_PORT, [pods('presence'), operator, ...monitoring]),
    ]),
  ];
}

/** @param from left out: every address */
function ingress(port: number, from?: readonly NetworkPeer[]): object {
  return {
    ports: [{ protocol: 'TCP', port }],
    ...(from === undefined ? {} : { from: from.map(policyPeer) }),
  };
}

function policyPeer({ cidr, ...selectors }: NetworkPeer): object {
  return cidr === undefined ? selectors : { ipBlock: { cidr } };
}

function policy(owner: PresenceCluster, component: 'redis' | 'presence', rules: readonly object[]): Manifest {
  const cluster = owner.metadata.name;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: childMetadata(owner, childName[component](cluster), component),
    spec: {
      podSelector: { matchLabels: selectorLabels(cluster, component) },
      policyTypes: ['Ingress'],
      ingress: rules,
    },
  };
}
