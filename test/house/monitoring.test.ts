import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { repository } from '../cluster/paths.ts';

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

interface StateMetricsResource {
  groupVersionKind: { group: string; version: string; kind: string };
  labelsFromPath: Record<string, string[]>;
  metrics: { each: { type: string } & Record<string, FieldPaths> }[];
}
interface FieldPaths {
  path?: string[];
  valueFrom?: string[];
  labelsFromPath?: Record<string, string[]>;
}
interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** Fields of metadata that kube-state-metrics reads; a CRD does not describe them. */
const METADATA: Schema = {
  properties: { name: {}, namespace: {}, generation: {}, creationTimestamp: {} },
};

function schemaOf(plural: string): Schema {
  const crd = parse(read(`crds/${plural}.yaml`));
  const schema: Schema = crd.spec.versions[0].schema.openAPIV3Schema;
  return { properties: { ...schema.properties, metadata: METADATA } };
}

/** A path through a list goes through its items, as kube-state-metrics does it. */
function follow(schema: Schema | undefined, fields: readonly string[]): Schema | undefined {
  return fields.reduce<Schema | undefined>((at, field) => (at?.items ?? at)?.properties?.[field], schema);
}

function missingPaths(resource: StateMetricsResource): string[][] {
  const kind = KINDS.find(({ kind }) => kind === resource.groupVersionKind.kind);
  const root = schemaOf(kind?.plural ?? '');
  const wrong = Object.values(resource.labelsFromPath).filter((fields) => !follow(root, fields));
  for (const { each } of resource.metrics) {
    const paths = each[each.type.charAt(0).toLowerCase() + each.type.slice(1)] ?? {};
    const base = paths.path ?? [];
    const relative = [
      ...(paths.valueFrom ? [paths.valueFrom] : []),
      ...Object.values(paths.labelsFromPath ?? {}),
    ];
    for (const fields of [base, ...relative.map((more) => [...base, ...more])])
      if (!follow(root, fields)) wrong.push(fields);
  }
  return wrong;
}

it('kube-state-metrics is given fields that the kinds have, of every kind', () => {
  const { spec } = parse(read('manifests/monitoring/kube-state-metrics.yaml'));
  const resources: StateMetricsResource[] = spec.resources;
  expect(
    resources.map(({ groupVersionKind }) => groupVersionKind).sort((a, b) => (a.kind < b.kind ? -1 : 1)),
  ).toEqual(
    KINDS.map(({ group, version, kind }) => ({ group, version, kind })).sort((a, b) =>
      a.kind < b.kind ? -1 : 1,
    ),
  );
  expect(resources.flatMap(missingPaths)).toEqual([]);
  const planted = structuredClone(resources[0] as StateMetricsResource);
  planted.labelsFromPath.none = ['status', 'none'];
  expect(missingPaths(planted)).toEqual([['status', 'none']]);
});
