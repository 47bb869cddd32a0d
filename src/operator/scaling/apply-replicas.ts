import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { type CachedState, presenceDeployment } from '../cluster-state/observed.ts';

/** Numbers that were written, by the Deployment as the cache showed it then: until it shows the write, it is not written again. */
export type WrittenReplicas = WeakMap<object, number>;

/**
 * Writes the number of presence pods, alone and under its own manager. Returns the number it replaced, undefined when
 * there was nothing to write or the Deployment is not there yet.
 */
export async function applyReplicas(
  client: KubeClient,
  observed: Pick<CachedState, 'cluster' | 'children'>,
  replicas: number | undefined,
  { written, signal }: { written: WrittenReplicas; signal: AbortSignal },
): Promise<number | undefined> {
  const deployment = presenceDeployment(observed);
  if (replicas === undefined || deployment === undefined) return undefined;
  const current = deployment.spec.replicas;
  if (current === replicas || written.get(deployment) === replicas) return undefined;
  const { name, namespace } = observed.cluster.metadata;
  await client.applyScale(builtin.Deployment, namespace, childName.presence(name), replicas, {
    fieldManager: FIELD_MANAGER.autoscaler,
    force: true,
    signal,
  });
  written.set(deployment, replicas);
  return current;
}
