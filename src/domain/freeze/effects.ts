/** What a freeze does to a requested change. */
export interface FreezeEffect {
  action: string;
  /** How the change usually comes. */
  examples: string[];
}

/** Refused by the admission policies while a freeze is on. */
export const REFUSED_IN_FREEZE: readonly FreezeEffect[] = [
  {
    action: 'change the pod template of a Deployment or StatefulSet',
    examples: ['kubectl set image', 'kubectl rollout restart', 'kubectl apply'],
  },
  {
    action: 'change a running pod, its claim, its Service or what it mounts',
    examples: ['kubectl debug', 'pods/resize', 'kubectl edit'],
  },
  { action: 'delete a pod or a workload', examples: ['kubectl delete'] },
  { action: 'say that a running pod has failed or is not ready', examples: ['a write to pods/status'] },
  { action: 'evict a pod', examples: ['kubectl drain'] },
  { action: 'scale in below the floor', examples: ['kubectl scale'] },
];

/** Accepted, and held back by the operator until the freeze ends. */
export const HELD_IN_FREEZE: readonly FreezeEffect[] = [
  {
    action: 'change of a PresenceCluster that alters its pods',
    examples: ['kubectl apply', 'a GitOps sync'],
  },
];

/** Never stopped by a freeze. */
export const ALLOWED_IN_FREEZE: readonly FreezeEffect[] = [
  { action: 'scale out', examples: ['the autoscaler', 'kubectl scale'] },
  { action: 'heal and fail over', examples: ['a pod that crashed', 'a node that is gone'] },
  { action: 'write status', examples: ['the operator'] },
];
