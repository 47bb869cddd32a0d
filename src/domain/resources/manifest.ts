import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { type Component, LABEL } from '../../api/v1alpha1/names.ts';

/** A Kubernetes object as it is sent to the API server. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences: {
      apiVersion: string;
      kind: string;
      name: string;
      uid: string;
      controller: true;
      blockOwnerDeletion: true;
    }[];
  };
  [field: string]: unknown;
}

/** Value of `app.kubernetes.io/managed-by`; the operator's caches are scoped by it. */
export const MANAGED_BY = 'presence-operator';

export function selectorLabels(clusterName: string, component: Component): Record<string, string> {
  return { [LABEL.cluster]: clusterName, [LABEL.component]: component };
}

export function standardLabels(clusterName: string, component: Component): Record<string, string> {
  return {
    [LABEL.name]: component,
    [LABEL.instance]: clusterName,
    [LABEL.partOf]: 'wedsync',
    [LABEL.managedBy]: MANAGED_BY,
    ...selectorLabels(clusterName, component),
  };
}

/** What is of this child alone; `labels` are ours and win over everything, `annotations` over those of all children. */
interface OwnMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string> | undefined;
}

/** Metadata of a child: it is deleted by the garbage collector with its PresenceCluster, and has what `spec.commonMetadata` asks for. */
export function childMetadata(
  owner: PresenceCluster,
  name: string,
  component: Component,
  own: OwnMetadata = {},
): Manifest['metadata'] {
  const { labels, annotations } = owner.spec.commonMetadata ?? {};
  const notes = { ...annotations, ...own.annotations };
  return {
    name,
    namespace: owner.metadata.namespace,
    labels: { ...labels, ...standardLabels(owner.metadata.name, component), ...own.labels },
    ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }),
    ownerReferences: [
      {
        apiVersion: API_VERSION,
        kind: 'PresenceCluster',
        name: owner.metadata.name,
        uid: owner.metadata.uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}
