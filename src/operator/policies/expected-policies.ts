import { parseAllDocuments } from 'yaml';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';

/** The key of the ConfigMap that the chart writes. */
export const POLICIES_KEY = 'policies.yaml';

export const POLICY_TYPES: readonly ResourceType[] = [
  builtin.ValidatingAdmissionPolicy,
  builtin.ValidatingAdmissionPolicyBinding,
];

/**
 * The policies and bindings that the chart installs, from its ConfigMap.
 *
 * @throws {Error} for a ConfigMap that holds none, or anything else: then nothing is put back
 */
export function expectedPolicies(configMap: KubeObject): KubeObject[] {
  const text = (configMap.data as Record<string, string> | undefined)?.[POLICIES_KEY] ?? '';
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const objects = (Array.isArray(documents) ? documents : []).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new Error(`${POLICIES_KEY}: ${error.message}`);
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
  for (const object of objects) {
    if (typeOfPolicy(object) === undefined || typeof object.metadata?.name !== 'string') {
      throw new Error(`${POLICIES_KEY}: ${object.kind} is no policy`);
    }
  }
  if (objects.length === 0) throw new Error(`${POLICIES_KEY} holds no policies`);
  return objects;
}

export function typeOfPolicy({ kind }: KubeObject): ResourceType | undefined {
  return POLICY_TYPES.find((type) => type.kind === kind);
}
