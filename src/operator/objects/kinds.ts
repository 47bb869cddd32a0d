import { KINDS } from '../../api/v1alpha1/kinds.ts';
import { builtin, type ResourceType } from '../../platform/kube/resource.ts';

/** Our kinds as the client wants them. */
export const OWN_TYPES: ResourceType[] = KINDS.map(({ group, version, kind, plural, namespaced }) => ({
  group,
  version,
  kind,
  plural,
  namespaced,
}));

export function ownType(
  kind:
    | 'PresenceCluster'
    | 'Wedding'
    | 'RolloutFreeze'
    | 'RolloutOverride'
    | 'PresenceOptimization'
    | 'WeddingCalendar'
    | 'ChangeFreeze',
): ResourceType {
  return OWN_TYPES.find((type) => type.kind === kind) as ResourceType;
}

/** Kinds that a PresenceCluster owns, beside Pods (through their workloads) and Secrets (read by name only). */
export const CHILD_TYPES: ResourceType[] = [
  builtin.ConfigMap,
  builtin.Service,
  builtin.ServiceAccount,
  builtin.PodDisruptionBudget,
  builtin.NetworkPolicy,
  builtin.Deployment,
  builtin.StatefulSet,
  ownType('RolloutFreeze'),
];

/** Certificates of cert-manager, which may be installed or not. */
export const CERTIFICATE_TYPE: ResourceType = {
  group: 'cert-manager.io',
  version: 'v1',
  kind: 'Certificate',
  plural: 'certificates',
  namespaced: true,
};

/** Every kind beyond those of Kubernetes that the operator writes. */
export const CLIENT_TYPES: ResourceType[] = [...OWN_TYPES, CERTIFICATE_TYPE];
