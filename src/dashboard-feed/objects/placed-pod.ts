import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** What the dashboard keeps of a Pod: where it runs, and whether it is ready. */
export interface PlacedPod extends KubeObject {
  nodeName?: string;
  isReady: boolean;
}

interface RawPod {
  spec?: { nodeName?: unknown };
  status?: { conditions?: unknown };
}

/** The Pod without everything that is not shown. It may be of any form: other programs may write pods with our label. */
export function trimPod(pod: PlacedPod): PlacedPod {
  const { name, namespace, uid, resourceVersion, labels } = pod.metadata;
  const { spec, status } = pod as RawPod;
  const conditions = Array.isArray(status?.conditions) ? (status.conditions as unknown[]) : [];
  const trimmed: PlacedPod = {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: { name, labels: { [LABEL.cluster]: labels?.[LABEL.cluster] ?? '' } },
    isReady: conditions.some(isReadyCondition) && pod.metadata.deletionTimestamp === undefined,
  };
  if (namespace !== undefined) trimmed.metadata.namespace = namespace;
  if (uid !== undefined) trimmed.metadata.uid = uid;
  if (resourceVersion !== undefined) trimmed.metadata.resourceVersion = resourceVersion;
  if (typeof spec?.nodeName === 'string') trimmed.nodeName = spec.nodeName;
  return trimmed;
}

function isReadyCondition(condition: unknown): boolean {
  const { type, status } = (condition ?? {}) as { type?: unknown; status?: unknown };
  return type === 'Ready' && status === 'True';
}
