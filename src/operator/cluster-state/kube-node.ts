import { LABEL } from '../../api/v1alpha1/names.ts';
import type { ChangeEvent } from '../../platform/kube/reflector.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Pod } from './pod.ts';

/** The part of a Kubernetes Node that the operator reads. */
export interface KubeNode {
  apiVersion: string;
  kind: string;
  metadata: KubeObject['metadata'];
  spec?: { unschedulable?: boolean; taints?: { key: string; effect?: string }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-unreachable */
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Nothing new should run on it: `kubectl cordon`, and the beginning of every drain. */
export function isCordoned(node: KubeNode | undefined): boolean {
  return node?.spec?.unschedulable === true;
}

/** The kubelet reports no more, or reports that it cannot work. A node that is not there is lost as well. */
export function isNotReady(node: KubeNode): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready !== undefined && ready.status !== 'True';
}

/** The kubelet has been silent until the control plane evicts its pods. */
export function isUnreachable(node: KubeNode): boolean {
  return isNotReady(node) && node.spec?.taints?.some(({ key }) => key === UNREACHABLE) === true;
}

/** Taints of these effects keep a new pod away; the Redis pods tolerate none that a node which is ready would have. */
const KEEPING_AWAY: ReadonlySet<string | undefined> = new Set(['NoSchedule', 'NoExecute']);

/** Whether the scheduler may place a Redis pod there, as far as the Node says. */
export function isSchedulable(node: KubeNode): boolean {
  const ready = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return (
    ready === true && !isCordoned(node) && !node.spec?.taints?.some(({ effect }) => KEEPING_AWAY.has(effect))
  );
}

/**
 * Keeps the fields of a Node that are read. Whole Nodes, with their lists of images, would be the largest cache of the
 * operator by far.
 */
export function trimNode({ apiVersion, kind, metadata, spec, status }: KubeNode): KubeNode {
  const { name, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) },
    spec: { unschedulable: spec?.unschedulable === true, taints: spec?.taints ?? [] },
    status: { conditions: (status?.conditions ?? []).filter(({ type }) => type === 'Ready') },
  };
}

/** PresenceClusters with a Redis pod on a Node whose health or schedulability has changed. */
export function clustersOnNode(
  { object, previous, type }: ChangeEvent<KubeNode>,
  pods: StoreReader<Pod>,
): ReadonlySet<string> {
  const state = (node: KubeNode | undefined) =>
    node === undefined ? '' : `${isCordoned(node)} ${isNotReady(node)} ${isUnreachable(node)}`;
  if (type === 'updated' && state(object) === state(previous)) return new Set();
  const here = pods
    .byLabel(LABEL.component, 'redis')
    .filter(({ spec }) => spec.nodeName === object.metadata.name);
  return new Set(here.map(({ metadata }) => `${metadata.namespace}/${metadata.labels?.[LABEL.cluster]}`));
}
