import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { OPERATOR_NAMESPACE } from '../../src/monitoring/alert.ts';
import { ALERT_GROUPS, alertRules } from '../../src/monitoring/alert-rules.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { repository } from '../cluster/paths.ts';
import { anchors } from './markdown.ts';
import { registries } from './metrics-page.ts';
import { usesOf } from './queries.ts';

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

/** Labels that a scrape adds: those of the target, and the name of the PresenceCluster of a presence pod. */
const OF_TARGET = ['namespace', 'pod', 'job', 'instance', 'presencecluster'];

interface RegisteredMetric {
  name: string;
  labelNames: string[];
}

/** The series of a metric, each with its labels; a histogram is three. */
function seriesOf(metric: object): [string, string[]][] {
  const { name, labelNames } = metric as RegisteredMetric;
  return metric.constructor.name === 'Histogram'
    ? [
        [`${name}_bucket`, [...labelNames, 'le']],
        [`${name}_sum`, labelNames],
        [`${name}_count`, labelNames],
      ]
    : [[name, labelNames]];
}

/** Labels of every series of both programs, by name. */
function knownSeries(): Map<string, Set<string>> {
  const { operator, presence } = registries();
  const all = [operator, presence, createMetrics().registry].flatMap((each) => each.getMetricsAsArray());
  const known = new Map<string, Set<string>>();
  for (const [name, labels] of all.flatMap(seriesOf))
    known.set(name, new Set([...(known.get(name) ?? OF_TARGET), ...labels]));
  return known;
}

const KNOWN = knownSeries();

/** Metrics and labels of an expression that no program of ours has. */
function unknownIn(expr: string): string[] {
  const { metrics, grouping } = usesOf(expr);
  if (metrics.length === 0) return [`${expr}: no metric of ours`];
  const unknown = metrics.flatMap(({ name, labels }) => {
    const has = KNOWN.get(name);
    return has === undefined
      ? [name]
      : labels.filter((label) => !has.has(label)).map((label) => `${name}{${label}}`);
  });
  const all = new Set(metrics.flatMap(({ name }) => [...(KNOWN.get(name) ?? [])]));
  return [...unknown, ...grouping.filter((label) => !all.has(label)).map((label) => `by ${label}`)];
}

it('a metric or a label that no program has is found', () => {
  expect(unknownIn('sum by (lane) (rate(presence_lane_wait_seconds_bucket{lane="1"}[5m]))')).toEqual([]);
  expect(unknownIn('sum by (colour) (presence_connections{shape="presence_round"}) > presence_none')).toEqual(
    ['presence_connections{shape}', 'presence_none', 'by colour'],
  );
  expect(unknownIn('up == 0')).toHaveLength(1);
});

describe('alerts', () => {
  const alerts = ALERT_GROUPS.flatMap((group) => group.alerts);
  const rules = alertRules().groups.flatMap((group) => group.rules);

  it('have names of their own, and read metrics that there are', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(rules.flatMap(({ expr }) => unknownIn(expr.replaceAll(OPERATOR_NAMESPACE, 'x')))).toEqual([]);
  });

  it('have a section each in the runbook, which has no other', () => {
    const headings = [...read('docs/runbooks/alerts.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    const known = anchors(read('docs/runbooks/alerts.md'));
    for (const { annotations } of rules) expect(known).toContain(annotations.runbook_url.split('#')[1]);
  });

  it('say in the runbook which of them wait for the end of a freeze', () => {
    const sections = read('docs/runbooks/alerts.md').split(/^### /m).slice(1);
    const waiting = sections.filter((text) => text.includes('*Waits for a freeze.*'));
    expect(waiting.map((text) => text.split('\n')[0]).sort()).toEqual(
      alerts
        .filter(({ waitsFor }) => waitsFor !== undefined)
        .map(({ alert }) => alert)
        .sort(),
    );
  });

  it('name labels in their texts that their expressions keep', () => {
    const wrong = rules.flatMap(({ alert, expr, annotations }) => {
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      const { grouping } = usesOf(expr);
      return named.filter((label) => !grouping.includes(label)).map((label) => `${alert}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });
});
