import { CATEGORY } from '../schema/group.ts';
import type { KindDefinition } from '../v1alpha1/kinds.ts';
import { type SchemaNode, toStructural } from './structural.ts';

/** The CustomResourceDefinition of one kind. */
export function customResourceDefinition(kind: KindDefinition): SchemaNode {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: [kind.shortName],
        categories: [CATEGORY],
      },
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          additionalPrinterColumns: kind.columns,
          ...(kind.status ? { subresources: subresources(kind) } : {}),
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}

function subresources(kind: KindDefinition): SchemaNode {
  return { status: {}, ...(kind.scale ? { scale: kind.scale } : {}) };
}

function objectSchema(kind: KindDefinition): SchemaNode {
  const rules = objectRules(kind);
  return {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Versioned schema of this object.' },
      kind: { type: 'string', description: 'REST resource this object represents.' },
      metadata: { type: 'object' },
      spec: { ...toStructural(kind.spec), description: `Desired state of the ${kind.kind}.` },
      ...(kind.status
        ? { status: { ...toStructural(kind.status), description: 'What the operator last saw and decided.' } }
        : {}),
    },
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  };
}

function objectRules({ maxNameLength, transitions = [] }: KindDefinition): SchemaNode[] {
  return [
    ...(maxNameLength ? nameRules(maxNameLength) : []),
    ...transitions.map(({ cel, message }) => ({ rule: cel, message })),
  ];
}

/** Services and Weddings are named after the object. Such names are labels, while the API server lets an object have dots. */
function nameRules(maxLength: number): SchemaNode[] {
  return [
    {
      rule: `size(self.metadata.name) <= ${maxLength}`,
      message: `metadata.name must be ${maxLength} characters or fewer`,
    },
    {
      rule: "self.metadata.name.matches('^[a-z][-a-z0-9]*$')",
      message: 'metadata.name must begin with a letter and have no dots; other objects are named after it',
    },
  ];
}
