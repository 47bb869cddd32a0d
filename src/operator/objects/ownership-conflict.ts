import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** An object of another owner has the name of one of ours. Writing to it would take it away from its owner. */
export class OwnershipConflictError extends Error {
  constructor(object: KubeObject) {
    const controller = object.metadata.ownerReferences?.find((owner) => owner.controller);
    const whose = controller
      ? `belongs to ${controller.kind} ${controller.name}`
      : 'was created by another owner';
    super(
      `${object.kind} ${object.metadata.name} ${whose} and is left unchanged; rename or delete it, or give the PresenceCluster another name`,
    );
    this.name = 'OwnershipConflictError';
  }
}

/** Whether the object is ours: the controller among its owners is this PresenceCluster, not one of the same name before it. */
export function isControlledBy(object: KubeObject, cluster: PresenceCluster): boolean {
  return (
    object.metadata.ownerReferences?.some(
      ({ uid, controller }) => controller === true && uid === cluster.metadata.uid,
    ) ?? false
  );
}

/** Whether it has our label and no other controller; a deleted PresenceCluster of the same name is another controller. */
export function isOurs({ metadata }: KubeObject, cluster: PresenceCluster): boolean {
  const owners = metadata.ownerReferences ?? [];
  return (
    metadata.labels?.[LABEL.cluster] === cluster.metadata.name &&
    owners.every(({ uid, controller }) => controller !== true || uid === cluster.metadata.uid)
  );
}
