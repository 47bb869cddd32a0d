import { keyOf } from '../runtime/object-key.ts';

/** A reference from a dependent to the object that owns it; the garbage collector follows it. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The part of ObjectMeta that is read or written here. Times are RFC 3339 strings, as on the wire. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  /** Opaque: compared for equality only, never parsed as a number. */
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  managedFields?: unknown;
}

/**
 * Any Kubernetes object as raw JSON: dates stay strings, and fields that this type does not name are kept. A type of one
 * kind narrows `spec` and `status`, so that a cache of that kind needs no casts.
 */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  /** Of ConfigMaps and Secrets. */
  data?: unknown;
  /** Of ConfigMaps: values that are not UTF-8, in base64. */
  binaryData?: unknown;
}

/** Everything needed to build the URL of a resource. `group` is empty for the core group. */
export interface ResourceType {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** `group/version`, or `version` alone for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/**
 * The URL path of a collection, an object or a subresource.
 *
 * @throws {TypeError} for an object of a namespaced type without a namespace, before anything is sent.
 */
export function pathOf(
  type: ResourceType,
  target: { namespace?: string | undefined; name?: string; subresource?: string } = {},
): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const { namespace, name, subresource } = target;
  if (type.namespaced && name !== undefined && !namespace) {
    throw new TypeError(`${type.kind} ${name}: a namespace is needed, because ${type.plural} are namespaced`);
  }
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${scope}/${type.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** An owner reference of the controller kind: one controller an object, deleted with its owner. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined)
    throw new TypeError(`${owner.kind} ${keyOf(owner)} has no uid and cannot own anything yet`);
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

function namespaced(group: string, version: string, kind: string, plural: string): ResourceType {
  return { group, version, kind, plural, namespaced: true };
}

function clusterScoped(group: string, version: string, kind: string, plural: string): ResourceType {
  return { group, version, kind, plural, namespaced: false };
}

/** The kinds of Kubernetes itself that an operator usually reads or writes. */
export const builtin = {
  ConfigMap: namespaced('', 'v1', 'ConfigMap', 'configmaps'),
  Endpoints: namespaced('', 'v1', 'Endpoints', 'endpoints'),
  Namespace: clusterScoped('', 'v1', 'Namespace', 'namespaces'),
  Node: clusterScoped('', 'v1', 'Node', 'nodes'),
  PersistentVolumeClaim: namespaced('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  Pod: namespaced('', 'v1', 'Pod', 'pods'),
  Secret: namespaced('', 'v1', 'Secret', 'secrets'),
  Service: namespaced('', 'v1', 'Service', 'services'),
  ServiceAccount: namespaced('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  ControllerRevision: namespaced('apps', 'v1', 'ControllerRevision', 'controllerrevisions'),
  DaemonSet: namespaced('apps', 'v1', 'DaemonSet', 'daemonsets'),
  Deployment: namespaced('apps', 'v1', 'Deployment', 'deployments'),
  ReplicaSet: namespaced('apps', 'v1', 'ReplicaSet', 'replicasets'),
  StatefulSet: namespaced('apps', 'v1', 'StatefulSet', 'statefulsets'),
  PodDisruptionBudget: namespaced('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  Lease: namespaced('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  HorizontalPodAutoscaler: namespaced(
    'autoscaling',
    'v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
  ),
  Event: namespaced('events.k8s.io', 'v1', 'Event', 'events'),
  EndpointSlice: namespaced('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices'),
  NetworkPolicy: namespaced('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies'),
  Role: namespaced('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  RoleBinding: namespaced('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  ClusterRole: clusterScoped('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles'),
  ClusterRoleBinding: clusterScoped(
    'rbac.authorization.k8s.io',
    'v1',
    'ClusterRoleBinding',
    'clusterrolebindings',
  ),
  CustomResourceDefinition: clusterScoped(
    'apiextensions.k8s.io',
    'v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
  ),
  ValidatingAdmissionPolicy: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'ValidatingAdmissionPolicy',
    'validatingadmissionpolicies',
  ),
  ValidatingAdmissionPolicyBinding: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
  ),
} as const satisfies Record<string, ResourceType>;
