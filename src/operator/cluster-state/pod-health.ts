import { isNotReady, type KubeNode } from './kube-node.ts';
import type { Pod } from './pod.ts';

/**
 * Why Kubernetes considers the Redis process of a pod dead; undefined while it considers it alive. A pod that was never
 * ready is no evidence.
 */
export function whyDown(pod: Pod, node: KubeNode | undefined): string | undefined {
  const { phase, conditions, containerStatuses } = pod.status ?? {};
  if (node !== undefined && isNotReady(node)) return `its node ${node.metadata.name} is not ready`;
  if (phase === 'Failed' || phase === 'Succeeded') return 'it has ended';
  const redis = containerStatuses?.find(({ name }) => name === 'redis');
  if (redis?.state?.terminated !== undefined) return 'its container does not run';
  if (redis?.state?.waiting !== undefined) return 'its container does not run';
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return ready !== undefined && ready.status !== 'True' ? 'it is not ready' : undefined;
}

/**
 * Length of the failed readiness-probe window before the pod became NotReady, in milliseconds: from the first of the probes that
 * failed in a row to the last. 0 unless the process had started and its kubelet is alive.
 * Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function probeFailureWindowMs({ metadata, spec, status }: Pod, node: KubeNode | undefined): number {
  if (metadata.deletionTimestamp !== undefined || (node !== undefined && isNotReady(node))) return 0;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const redis = status?.containerStatuses?.find(({ name }) => name === 'redis');
  // The control plane marks a pod NotReady without changing what its kubelet reported of the container.
  if (ready?.status !== 'False' || redis?.ready !== false || redis.started !== true) return 0;
  const startedAt = Date.parse(redis.state?.running?.startedAt ?? '');
  if (!(startedAt < Date.parse(ready.lastTransitionTime ?? ''))) return 0;
  const { periodSeconds = 0, failureThreshold = 1 } =
    spec.containers?.find(({ name }) => name === 'redis')?.readinessProbe ?? {};
  return (failureThreshold - 1) * periodSeconds * 1000;
}
