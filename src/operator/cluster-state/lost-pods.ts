import { isUnreachable, type KubeNode } from './kube-node.ts';
import type { Pod } from './pod.ts';

/** Added to the grace period of a pod before it is taken for one that cannot end by itself. */
const PATIENCE_MS = 10_000;

/**
 * Redis pods that cannot end because no kubelet is there to end them: they terminate, are overdue, and their
 * node is unreachable. A StatefulSet replaces a pod only when it is gone; that its process is gone as well, the
 * one who set `spec.redis.forceDeleteOnNodeLoss` vouches for. Pure.
 */
export function podsToForce(
  pods: readonly Pod[],
  nodeOf: (pod: Pod) => KubeNode | undefined,
  now: Date,
): Pod[] {
  return pods.filter((pod) => {
    const { deletionTimestamp } = pod.metadata;
    // The timestamp is when the grace period ends, not when the pod was deleted.
    if (deletionTimestamp === undefined) return false;
    if (now.getTime() < Date.parse(deletionTimestamp) + PATIENCE_MS) return false;
    const node = nodeOf(pod);
    return node !== undefined && isUnreachable(node);
  });
}
