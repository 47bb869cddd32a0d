import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { KINDS, type KindDefinition, PRESENCE_CLUSTER, ROLLOUT_FREEZE, WEDDING } from '../v1alpha1/kinds.ts';
import { STORAGE_TRANSITIONS } from '../v1alpha1/lifecycle/redis-storage.ts';
import { customResourceDefinition } from './crd.ts';
import type { SchemaNode } from './structural.ts';

interface Version {
  subresources?: unknown;
  additionalPrinterColumns: { jsonPath: string }[];
  schema: { openAPIV3Schema: SchemaNode & { properties: Record<string, SchemaNode> } };
}

function versionOf(kind: KindDefinition): Version {
  const { versions } = customResourceDefinition(kind).spec as { versions: Version[] };
  expect(versions).toHaveLength(1);
  return versions[0] as Version;
}

/** The node that a path such as `.status.conditions[?(@.type=="Ready")].status` leads to. */
function nodeAt(root: SchemaNode, jsonPath: string): SchemaNode | undefined {
  const steps = jsonPath
    .replaceAll(/\[[^\]]*\]/g, '.[]')
    .split('.')
    .filter((step) => step !== '');
  return steps.reduce<SchemaNode | undefined>((node, step) => {
    if (step === '[]') return node?.items as SchemaNode | undefined;
    return (node?.properties as Record<string, SchemaNode> | undefined)?.[step];
  }, root);
}

/** Of all annotations of an object; `kubectl apply` without `--server-side` keeps the object in one. */
const MAX_ANNOTATION_BYTES = 262_144;

describe('a CustomResourceDefinition', () => {
  it.each(KINDS.map((kind) => ({ kind })))('of $kind.kind can be applied by every kubectl', ({ kind }) => {
    expect(Buffer.byteLength(JSON.stringify(customResourceDefinition(kind)))).toBeLessThan(
      MAX_ANNOTATION_BYTES,
    );
  });

  it('is named after plural and group, and lists every name', () => {
    expect(customResourceDefinition(WEDDING)).toMatchObject({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'weddings.presence.wedsync.io' },
      spec: {
        group: 'presence.wedsync.io',
        scope: 'Namespaced',
        names: {
          kind: 'Wedding',
          listKind: 'WeddingList',
          plural: 'weddings',
          singular: 'wedding',
          shortNames: ['wed'],
          categories: ['wedsync'],
        },
        versions: [{ name: 'v1alpha1', served: true, storage: true }],
      },
    });
  });

  it('has the subresources that its kind has', () => {
    expect(versionOf(PRESENCE_CLUSTER).subresources).toEqual({ status: {}, scale: PRESENCE_CLUSTER.scale });
    expect(versionOf(WEDDING).subresources).toEqual({ status: {} });
    expect(versionOf(ROLLOUT_FREEZE).subresources).toBeUndefined();
  });

  it('requires a spec, and limits the name where the kind does', () => {
    const schema = versionOf(PRESENCE_CLUSTER).schema.openAPIV3Schema;
    expect(schema.required).toEqual(['spec']);
    expect(schema['x-kubernetes-validations']).toMatchObject([
      { rule: 'size(self.metadata.name) <= 40', message: 'metadata.name must be 40 characters or fewer' },
      { rule: "self.metadata.name.matches('^[a-z][-a-z0-9]*$')" },
      ...STORAGE_TRANSITIONS.map(({ cel, message }) => ({ rule: cel, message })),
    ]);
    expect(versionOf(WEDDING).schema.openAPIV3Schema).not.toHaveProperty('x-kubernetes-validations');
  });

  it('describes spec and status beside their fields', () => {
    const { properties } = versionOf(WEDDING).schema.openAPIV3Schema;
    expect(properties.spec?.description).toBe('Desired state of the Wedding.');
    expect(properties.status?.description).toBe('What the operator last saw and decided.');
    expect(versionOf(ROLLOUT_FREEZE).schema.openAPIV3Schema.properties).not.toHaveProperty('status');
  });

  it('is not made of a field without a description', () => {
    const spec = z.object({ silent: z.string() });
    expect(() => customResourceDefinition({ ...WEDDING, spec })).toThrow('.silent: no description');
  });

  it.each(KINDS)('has columns and scale paths that lead to fields: $kind', (kind) => {
    const { additionalPrinterColumns, schema } = versionOf(kind);
    const paths = [
      ...additionalPrinterColumns.map(({ jsonPath }) => jsonPath),
      ...Object.values(kind.scale ?? {}),
    ];
    const leadNowhere = paths.filter(
      (path) => !path.startsWith('.metadata.') && nodeAt(schema.openAPIV3Schema, path)?.type === undefined,
    );
    expect(leadNowhere).toEqual([]);
  });

  it('shares no name with another', () => {
    const names = KINDS.flatMap(({ plural, singular, shortName }) => [plural, singular, shortName]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
