import { isNotReady, type KubeNode } from '../kube-node.ts';
import type { Pod } from '../pod.ts';

/**
 * Why Kubernetes takes the Redis process of a pod for dead, undefined while it takes it for alive. A pod that was never
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
