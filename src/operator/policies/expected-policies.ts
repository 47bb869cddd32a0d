import { loadYaml } from '@kubernetes/client-node';
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
  const objects = documentsOf(text);
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

/**
 * By the YAML reader of the client library, which the operator has anyway: another one would be a twentieth of its bundle. It refuses
 * a key that is there twice, and cannot read a document without content.
 */
function documentsOf(text: string): KubeObject[] {
  try {
    return text
      .split(SEPARATOR)
      .filter(hasContent)
      .map((document) => loadYaml<KubeObject>(document));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${POLICIES_KEY}: ${message}`, { cause: error });
  }
}

const SEPARATOR = /^---.*$/m;
const COMMENT = /^\s*#.*$/gm;

function hasContent(document: string): boolean {
  return document.replaceAll(COMMENT, '').trim() !== '';
}
