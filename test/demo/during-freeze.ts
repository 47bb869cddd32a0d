import { isReady, type Pod } from '../../src/operator/cluster-state/pod.ts';
import { ownType } from '../../src/operator/objects/kinds.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { kubectlRefusal } from '../cluster/kubectl.ts';
import type { Shell } from '../cluster/shell.ts';
import { eventually } from '../support/eventually.ts';

/** The PresenceCluster of the demo. */
export interface Target {
  namespace: string;
  name: string;
}

/** The user of kind's kubeconfig. */
const USER = 'kubernetes-admin';
const OVERRIDE_MS = 5 * 60_000;
const WITHIN_SECONDS = 15;

/** Presence pods that its Deployment asks for. */
export async function askedReplicas(client: KubeClient, { namespace, name }: Target): Promise<number> {
  const found = await client.get<KubeObject & { spec: { replicas?: number } }>(
    builtin.Deployment,
    namespace,
    `${name}-presence`,
  );
  return found?.spec.replicas ?? 0;
}

/** Asks for one pod more than there are and waits until the autoscaler has written it, freeze or not. */
export async function scaleOutInFreeze(
  client: KubeClient,
  target: Target,
  askFor: (minReplicas: number) => Promise<unknown>,
): Promise<string> {
  const before = await askedReplicas(client, target);
  const begun = performance.now();
  await askFor(before + 1);
  const after = await eventually({ what: 'one pod more', withinSeconds: WITHIN_SECONDS }, async () => {
    const replicas = await askedReplicas(client, target);
    const pods = await presencePods(client, target);
    return replicas > before && pods.length >= replicas ? replicas : undefined;
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return `from ${before} to ${after} pods in ${seconds} s, while the restart was refused`;
}

/**
 * A presence pod is deleted: refused, then let through for the holder of an override. It is replaced while weddings
 * are on. The scope is Delete, so the change that is held stays held. The glass is closed again.
 */
export async function breakTheGlass(client: KubeClient, target: Target, shell: Shell): Promise<string> {
  const { namespace, name } = target;
  const pods = await presencePods(client, target);
  const victim = pods.find(isReady)?.metadata.name ?? '';
  await kubectlRefusal(shell, ['delete', 'pod', victim, '-n', namespace]);
  const override = `demo-${Date.now()}`;
  await client.create(overrideOf(override, target), { fieldManager: 'kubectl' });
  try {
    await eventually({ what: `${victim} may be deleted`, withinSeconds: WITHIN_SECONDS }, async () => {
      await client.delete(builtin.Pod, namespace, victim, {});
      return true;
    });
    await eventually({ what: `${victim} is replaced`, withinSeconds: WITHIN_SECONDS }, async () => {
      const known = new Set(pods.map(({ metadata }) => metadata.uid));
      return (await presencePods(client, target)).some(({ metadata }) => !known.has(metadata.uid));
    });
  } finally {
    await client.delete(ownType('RolloutOverride'), namespace, override, {});
  }
  return `deleting a pod of ${name} was refused, then let through for ${USER} by an override; the pod is replaced`;
}

async function presencePods(client: KubeClient, { namespace, name }: Target): Promise<Pod[]> {
  const { items } = await client.list(builtin.Pod, {
    namespace,
    labelSelector: `presence.wedsync.io/cluster=${name},app.kubernetes.io/component=presence`,
  });
  return items as unknown as Pod[];
}

function overrideOf(override: string, { namespace, name }: Target): KubeObject {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'RolloutOverride',
    metadata: { name: override, namespace },
    spec: {
      presenceClusterName: name,
      requestedBy: USER,
      ticket: 'DEMO-1',
      scope: ['Delete'],
      reason: 'to see a pod replaced while weddings are on',
      expiresAt: new Date(Date.now() + OVERRIDE_MS).toISOString(),
    },
  };
}
