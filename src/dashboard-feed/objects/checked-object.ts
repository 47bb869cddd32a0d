import type { KubeObject } from '../../platform/kube/resource.ts';
import { type Validation, validateObject } from '../../reports/validate-object.ts';

/** What the dashboard keeps of an object of ours: what its schema made of it, and not a second time what was sent. */
export interface CheckedObject extends KubeObject {
  validation: Validation;
}

export function checkObject(object: CheckedObject): CheckedObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata;
  const validation = validateObject(object, { namespace: 'default', unknownFields: 'ignore' });
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion }, validation };
}
