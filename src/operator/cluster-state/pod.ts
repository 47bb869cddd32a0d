import type { OwnerReference } from '../../platform/kube/resource.ts';

/** The part of a Kubernetes Pod that the operator reads. */
export interface Pod {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    /** Of a pod that a ReplicaSet has made. */
    generateName?: string;
    ownerReferences?: OwnerReference[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
  };
  spec: {
    nodeName?: string;
    serviceAccountName?: string;
    volumes?: { name: string; [source: string]: unknown }[];
    containers?: {
      name: string;
      readinessProbe?: { periodSeconds?: number; failureThreshold?: number };
    }[];
  };
  status?: {
    podIP?: string;
    phase?: string;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      lastTransitionTime?: string;
    }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  restartCount: number;
  /** The readiness probe passes. */
  ready?: boolean;
  /** The startup probe has passed, since this process runs. */
  started?: boolean;
  image?: string;
  state?: {
    running?: { startedAt?: string };
    waiting?: { reason?: string; message?: string };
    terminated?: { reason?: string; exitCode?: number };
  };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

export function isReady(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

export type PodProblem = {
  reason: 'ImagePullFailed' | 'Unschedulable' | 'ContainerFailing';
  message: string;
};

const IMAGE_REASONS = ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'];
const FAILING_REASONS = [
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];
/** The kubelet's messages can hold a whole stack. */
const MAX_MESSAGE_LENGTH = 300;

/** Why a pod does not come up, in the words of Kubernetes, or undefined while nothing is wrong. */
export function podProblem(pod: Pod): PodProblem | undefined {
  const unschedulable = pod.status?.conditions?.find(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  if (unschedulable) return problem('Unschedulable', pod, unschedulable.message ?? 'no node fits');
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const { reason = '', message = '' } = container.state?.waiting ?? {};
    if (IMAGE_REASONS.includes(reason)) {
      return problem('ImagePullFailed', pod, `${reason}: ${message || container.image}`);
    }
    if (FAILING_REASONS.includes(reason)) return problem('ContainerFailing', pod, `${reason}: ${message}`);
  }
  return undefined;
}

function problem(reason: PodProblem['reason'], pod: Pod, text: string): PodProblem {
  const message = `pod ${pod.metadata.name}: ${text}`;
  return {
    reason,
    message: message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message,
  };
}
