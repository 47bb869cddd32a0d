import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { Pod } from '../cluster-state/pod.ts';

/** Kubernetes: of pods that are alike, the ReplicaSet deletes those with the lowest cost first. */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** A difference below this share of the pods' limit does not change which pod is the emptiest in a way that matters. */
const WORTH_A_PATCH = 0.05;

/**
 * The pods whose cost must be written before pods are removed. A pod that reported nothing counts as full.
 *
 * @param byPod connections by the name of the pod
 * @param limit connections a pod may have
 */
export function deletionCosts(
  pods: readonly Pod[],
  byPod: ReadonlyMap<string, number>,
  limit: number,
): { pod: Pod; cost: number }[] {
  return pods.flatMap((pod) => {
    if (pod.metadata.deletionTimestamp !== undefined) return [];
    const cost = Math.round(byPod.get(pod.metadata.name) ?? limit);
    const written = pod.metadata.annotations?.[DELETION_COST];
    const isClose = written !== undefined && Math.abs(Number(written) - cost) < WORTH_A_PATCH * limit;
    // An empty pod must differ from one with a few connections.
    return isClose && (cost === 0) === (Number(written) === 0) ? [] : [{ pod, cost }];
  });
}

/**
 * Writes them, as many as it can. A pod that went away meanwhile is no loss.
 *
 * @throws {KubeError} when another could not be written: no pod is removed before it is known which are the emptiest
 */
export async function writeDeletionCosts(
  client: KubeClient,
  costs: readonly { pod: Pod; cost: number }[],
  signal: AbortSignal,
): Promise<void> {
  const results = await Promise.allSettled(
    costs.map(({ pod: { metadata }, cost }) =>
      client.patch(
        builtin.Pod,
        metadata.namespace,
        metadata.name,
        { metadata: { uid: metadata.uid, annotations: { [DELETION_COST]: String(cost) } } },
        { fieldManager: FIELD_MANAGER.autoscaler, signal },
      ),
    ),
  );
  signal.throwIfAborted();
  for (const result of results) {
    if (result.status === 'rejected' && !['gone', 'conflict'].includes(dispositionOf(result.reason))) {
      throw result.reason;
    }
  }
}
