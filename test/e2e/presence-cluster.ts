import type { Pod } from '../../src/operator/cluster-state/pod.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import type { KubeObject } from '../../src/platform/kube/resource.ts';
import { builtin } from '../../src/platform/kube/resource.ts';
import { TEST_MANAGER } from '../support/live-cluster.ts';

/** `spec` of a PresenceCluster whose number of presence pods does not follow the calendar. */
export const STEADY_SCALING = {
  baselineReplicas: 2,
  seasonMultipliers: everyMonth(1),
  peaks: [],
} as const;

export function everyMonth(factor: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), factor]));
}

export function presenceCluster(namespace: string, name: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'PresenceCluster',
    metadata: { name, namespace },
    spec: { timeZone: 'UTC', scaling: STEADY_SCALING, ...spec },
  };
}

export function apply(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  return client.apply(object, TEST_MANAGER);
}

export async function podsOf(
  client: KubeClient,
  namespace: string,
  cluster: string,
  component: 'redis' | 'presence',
): Promise<Pod[]> {
  const { items } = await client.list(builtin.Pod, {
    namespace,
    labelSelector: `presence.wedsync.io/cluster=${cluster},app.kubernetes.io/component=${component}`,
  });
  return items as unknown as Pod[];
}
