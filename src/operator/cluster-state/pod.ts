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
    /** When its grace period ends, not when it was deleted. */
    deletionTimestamp?: string;
    finalizers?: string[];
  };
  spec: {
    nodeName?: string;
    serviceAccountName?: string;
    schedulingGates?: { name: string }[];
    /** With restartPolicy Always it is a sidecar, which runs beside the others. */
    initContainers?: { name: string; restartPolicy?: string }[];
    volumes?: { name: string; [source: string]: unknown }[];
    containers?: {
      name: string;
      resources?: { limits?: { memory?: string } };
      readinessProbe?: { periodSeconds?: number; failureThreshold?: number };
    }[];
  };
  status?: {
    podIP?: string;
    phase?: string;
    /** Why the pod as a whole failed, such as Evicted. */
    reason?: string;
    message?: string;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      lastTransitionTime?: string;
    }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
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
    terminated?: ContainerEnd;
  };
  lastState?: { terminated?: ContainerEnd };
}

/** How a container ended. */
export interface ContainerEnd {
  reason?: string;
  exitCode?: number;
  message?: string;
}

export function isReady(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
