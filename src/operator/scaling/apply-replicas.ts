import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { type CachedState, presenceDeployment } from '../cluster-state/observed.ts';

/**
 * Writes the number of presence pods, alone and under its own manager. Returns the number it replaced, undefined when
 * there was nothing to write or the Deployment is not there yet.
 */
export async function applyReplicas(
  client: KubeClient,
  observed: Pick<CachedState, 'cluster' | 'children'>,
  replicas: number | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  const deployment = presenceDeployment(observed);
  if (replicas === undefined || deployment === undefined) return undefined;
  const current = deployment.spec.replicas;
  if (current === replicas) return undefined;
  const { name, namespace } = observed.cluster.metadata;
  await client.applyScale(builtin.Deployment, namespace, childName.presence(name), replicas, {
    fieldManager: FIELD_MANAGER.autoscaler,
    force: true,
    signal,
  });
  return current;
}
