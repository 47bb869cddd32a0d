import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { BURN_ALERTS } from '../../src/domain/slo/burn-rate.ts';
import { BURN_WINDOWS } from '../../src/domain/slo/slo-history.ts';
import { OBJECTIVES } from '../../src/domain/slo/tally.ts';
import { OPERATOR_NAMESPACE } from '../../src/monitoring/alerts/alert.ts';
import { ALERT_GROUPS, alertRules } from '../../src/monitoring/alerts/alert-rules.ts';
import { COLUMNS, type Dashboard, INTERVAL, toGrafana } from '../../src/monitoring/dashboards/dashboard.ts';
import { DASHBOARDS } from '../../src/monitoring/dashboards/dashboard-files.ts';
import {
  BURN_WINDOWS as RECORDED_WINDOWS,
  recordedNames,
  recordingRules,
} from '../../src/monitoring/recording/recording-rules.ts';
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
  for (const { record } of RECORDED)
    known.set(record, new Set(['namespace', 'presencecluster', 'objective']));
  return known;
}

const RECORDED = recordingRules().groups.flatMap(({ rules }) => rules);
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
    expect(new Set(headings)).toEqual(new Set(alerts.map(({ alert }) => alert)));
    expect(headings).toHaveLength(alerts.length);
    const known = anchors(read('docs/runbooks/alerts.md'));
    for (const { annotations } of rules) expect(known).toContain(annotations.runbook_url.split('#')[1]);
  });

  it('say in the runbook which of them a freeze silences', () => {
    const sections = read('docs/runbooks/alerts.md').split(/^### /m).slice(1);
    const silent = sections.filter((text) => text.includes('*Silent in a freeze.*'));
    const named = silent.map((text) => text.split('\n')[0]);
    const silenced = alerts.filter(({ waitsFor }) => waitsFor !== undefined);
    expect(new Set(named)).toEqual(new Set(silenced.map(({ alert }) => alert)));
  });

  it('read the burn rates of the windows by which the operator judges objectives', () => {
    const names = { fast: 'PresenceErrorBudgetBurnsFast', slow: 'PresenceErrorBudgetBurnsSlowly' } as const;
    for (const speed of ['fast', 'slow'] as const) {
      const { expr = '' } = alerts.find(({ alert }) => alert === names[speed]) ?? {};
      const windows = [...expr.matchAll(/burn_rate\{window="(\w+)"\}/g)].map(([, window]) => window);
      const judged = BURN_ALERTS.filter((each) => each.speed === speed);
      expect(windows).toEqual(judged.flatMap(({ long, short }) => [long, short]));
      const limits = [...expr.matchAll(/burn_rate_limit\{window="(\w+)"\}/g)].map(([, window]) => window);
      expect(limits).toEqual(judged.flatMap(({ long }) => [long, long]));
    }
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

describe('recording rules', () => {
  it('read metrics and labels that there are', () => {
    expect(RECORDED.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
    expect(unknownIn('presencecluster:presence_slo_none:rate5m > 0')).toHaveLength(1);
  });

  it('record burn rates of the windows by which the operator judges objectives, of both objectives', () => {
    expect(RECORDED_WINDOWS).toEqual(BURN_WINDOWS);
    const recorded = new Set(RECORDED.map(({ record }) => record));
    for (const { long, short } of BURN_ALERTS)
      for (const window of [long, short]) expect(recorded).toContain(recordedNames(window).burnRate);
    expect(recorded.size).toBe(3 * BURN_WINDOWS.length);
    for (const objective of OBJECTIVES)
      expect(RECORDED.filter(({ labels }) => labels?.objective === objective)).toHaveLength(
        2 * BURN_WINDOWS.length,
      );
  });
});

interface GrafanaPanel {
  id: number;
  type: string;
  gridPos: { h: number; w: number; x: number; y: number };
  targets?: { refId: string }[];
}

/** What Grafana would draw wrongly. */
function flawsOf(panels: readonly GrafanaPanel[]): string[] {
  const taken = new Map<string, number>();
  return panels.flatMap(({ id, gridPos: { h, w, x, y }, targets = [] }) => {
    const flaws = x + w > COLUMNS ? [`${id} is too far right`] : [];
    for (let column = x; column < x + w; column++)
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column} ${line}`);
        if (other !== undefined) flaws.push(`${id} covers ${other}`);
        taken.set(`${column} ${line}`, id);
      }
    if (new Set(targets.map(({ refId }) => refId)).size < targets.length) flaws.push(`${id} repeats a refId`);
    return flaws;
  });
}

describe('dashboards', () => {
  const panels = DASHBOARDS.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
  const expressions = panels.flatMap(({ queries }) => queries.map(({ expr }) => expr));

  it('read metrics and labels that there are', () => {
    expect(expressions.length).toBeGreaterThan(80);
    expect(expressions.flatMap((expr) => unknownIn(expr.replaceAll(INTERVAL, '5m')))).toEqual([]);
  });

  it('name labels in their legends that the expressions keep', () => {
    const wrong = panels.flatMap(({ queries }) =>
      queries.flatMap(({ expr, legend }) => {
        const { metrics, grouping } = usesOf(expr);
        const isPlain = grouping.length === 0 || expr.startsWith('rate(');
        const kept = isPlain ? [...(KNOWN.get(metrics[0]?.name ?? '') ?? [])] : grouping;
        const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        return named.filter((label) => !kept.includes(label)).map((label) => `${expr}: ${label}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('use only variables that they have', () => {
    for (const { choice, rows } of DASHBOARDS) {
      const has = choice === 'none' ? [] : ['namespace', 'presencecluster'];
      const used =
        JSON.stringify(rows)
          .replaceAll(INTERVAL, '')
          .match(/\$[a-z]+/g) ?? [];
      expect(used.filter((name) => !has.includes(name.slice(1)))).toEqual([]);
    }
  });

  it('have ids of their own, and panels beside and below each other', () => {
    expect(new Set(DASHBOARDS.map(({ uid }) => uid)).size).toBe(DASHBOARDS.length);
    for (const dashboard of DASHBOARDS) {
      const { panels: placed } = toGrafana(dashboard) as { panels: GrafanaPanel[] };
      expect(placed.map(({ id }) => id)).toEqual(placed.map((_, index) => index + 1));
      expect(flawsOf(placed)).toEqual([]);
    }
    const [one] = DASHBOARDS as [Dashboard, ...Dashboard[]];
    const { panels: placed } = toGrafana(one) as { panels: [GrafanaPanel, GrafanaPanel, ...GrafanaPanel[]] };
    const target = { refId: 'A' };
    const planted = { ...placed[1], id: 99, targets: [target, target] };
    expect(flawsOf([placed[1], planted])).toContain('99 covers 2');
    expect(flawsOf([planted])).toEqual(['99 repeats a refId']);
    const far = { ...planted, targets: [], gridPos: { h: 1, w: 8, x: 20, y: 0 } };
    expect(flawsOf([far])).toEqual(['99 is too far right']);
  });
});
