import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import { OWN_TYPES, ownType } from '../../src/operator/objects/kinds.ts';
import { createKubeClient, type KubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject, type ResourceType } from '../../src/platform/kube/resource.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { kubeconfigFile } from '../cluster/paths.ts';
import { eventually } from './eventually.ts';

export const RESOURCE_QUOTA: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};

/** The local cluster as tests and the demo see it. */
export function connect(): KubeClient {
  return createKubeClient({
    config: loadKubeConfig({ path: kubeconfigFile }),
    clock: systemClock,
    types: [...OWN_TYPES, RESOURCE_QUOTA],
  });
}

export const TEST_MANAGER = { fieldManager: 'kubectl', force: true } as const;

export async function getCluster(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<PresenceCluster> {
  const found = await client.get<KubeObject>(ownType('PresenceCluster'), namespace, name);
  if (!found) throw new Error(`PresenceCluster ${namespace}/${name} is not there`);
  return found as unknown as PresenceCluster;
}

export function conditionOf(
  cluster: PresenceCluster,
  type: string,
): { status: string; reason: string; message: string } {
  const found = cluster.status?.conditions?.find((condition) => condition.type === type);
  return found ?? { status: 'Unknown', reason: 'Absent', message: 'no such condition yet' };
}

/** A condition as it is waited for. */
export interface WantedCondition {
  type: string;
  status: string;
  reason?: string;
  /** The message often comes after the status: Kubernetes says late why a pod is missing. */
  message?: RegExp;
}

export async function untilCondition(
  client: KubeClient,
  target: { namespace: string; name: string },
  wanted: WantedCondition,
  withinSeconds: number,
): Promise<PresenceCluster> {
  const { type, status, reason, message } = wanted;
  return eventually(
    { what: `${target.name}: ${type}=${status} ${reason ?? ''}`, withinSeconds },
    async () => {
      const cluster = await getCluster(client, target.namespace, target.name);
      const condition = conditionOf(cluster, type);
      const current = cluster.status?.observedGeneration === cluster.metadata.generation;
      const isSo = condition.status === status && (!reason || condition.reason === reason);
      if (current && isSo && (!message || message.test(condition.message))) return cluster;
      throw new Error(`${condition.status} ${condition.reason}: ${condition.message}`);
    },
  );
}

export async function applyNamespace(client: KubeClient, name: string): Promise<void> {
  const namespace: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  };
  await client.apply(namespace, TEST_MANAGER);
}

/** Makes a namespace that holds nothing: what an interrupted run has left in it goes first. */
export async function freshNamespace(
  client: KubeClient,
  name: string,
  goneWithinSeconds: number,
): Promise<void> {
  if ((await client.get(builtin.Namespace, undefined, name)) !== undefined) {
    await deleteNamespace(client, name, goneWithinSeconds);
  }
  await applyNamespace(client, name);
}

/** Deletes a namespace and waits until it is gone. */
export async function deleteNamespace(
  client: KubeClient,
  name: string,
  withinSeconds: number,
): Promise<void> {
  await client.delete(builtin.Namespace, undefined, name, {});
  await eventually({ what: `namespace ${name} is gone`, withinSeconds }, async () => {
    return (await client.get(builtin.Namespace, undefined, name)) === undefined;
  });
}

/** The key that the operator made for signing tokens. */
export async function signingKey(client: KubeClient, namespace: string, cluster: string): Promise<string> {
  const secret = await client.get<KubeObject & { data?: Record<string, string> }>(
    builtin.Secret,
    namespace,
    `${cluster}-presence-auth`,
  );
  return Buffer.from(secret?.data?.secret ?? '', 'base64').toString('utf8');
}
