import type { KubeObject } from '../../../src/platform/kube/resource.ts';

/** A node of the OpenAPI schema of a CustomResourceDefinition, as far as tests read it. */
export interface SchemaField {
  /** As in `spec-paths.ts`; a map is stood for by its key `6`. */
  path: string;
  type: string;
  description: string | undefined;
}

interface Node {
  type: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
}

const KEY_OF_MAPS = '6';

/** Every field below `spec` or `status` of the only version of a CustomResourceDefinition. */
export function schemaFields(crd: KubeObject, part: 'spec' | 'status'): SchemaField[] {
  const { versions } = crd.spec as { versions: { schema: { openAPIV3Schema: Node } }[] };
  const root = versions[0]?.schema.openAPIV3Schema.properties?.[part];
  return root === undefined ? [] : below(root, '');
}

function below(node: Node, path: string): SchemaField[] {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => field(child, inside(name))),
    ...(node.items === undefined ? [] : field(node.items, `${path}[]`)),
    ...(node.additionalProperties === undefined ? [] : field(node.additionalProperties, inside(KEY_OF_MAPS))),
  ];
}

function field(node: Node, path: string): SchemaField[] {
  return [{ path, type: node.type, description: node.description }, ...below(node, path)];
}
