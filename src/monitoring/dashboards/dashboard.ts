/** One series or one value per result of an expression. */
export interface Query {
  readonly expr: string;
  /** As Grafana writes it: `{{pod}}` is the label. */
  readonly legend: string;
}

/** How values are written: names of Grafana. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'dateTimeFromNow' | 'bool_yes_no';

export interface Panel {
  readonly title: string;
  /** What a reader learns from it, and when to worry. */
  readonly description: string;
  /** Lines over time, one number, or a bar that changes its colour. */
  readonly kind: 'timeseries' | 'stat' | 'state-timeline';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Columns, of {@link COLUMNS}. */
  readonly width: 4 | 6 | 8 | 12 | 24;
  /** From this value on it is red, or below it. */
  readonly bad?: { readonly from: number } | { readonly below: number };
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Part of its address in Grafana, and of its file name. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Which PresenceClusters are chosen: any number, one, or the dashboard has none. */
  readonly choice: 'several' | 'one' | 'none';
  /** How much time it shows at first, as Grafana writes it. */
  readonly from: string;
  readonly rows: readonly Row[];
}

/** Matchers of the PresenceClusters that are chosen. */
export const CHOSEN = 'namespace=~"$namespace",presencecluster=~"$presencecluster"';
/** Of the rate of a counter: at least four scrapes. */
export const INTERVAL = '$__rate_interval';

/** Grafana's grid. */
export const COLUMNS = 24;
const HEIGHTS = { stat: 4, timeseries: 8, 'state-timeline': 6 } as const;
const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;
const GREEN = { color: 'green', value: null } as const;
const RED = { color: 'red', value: null } as const;

/** The dashboard as Grafana imports it (schema version 39, Grafana 10.3 and later). */
export function toGrafana(dashboard: Dashboard): object {
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['presence-operator'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: `now-${dashboard.from}`, to: 'now' },
    timezone: 'browser',
    templating: { list: variablesOf(dashboard) },
    annotations: { list: [] },
    links: [
      {
        type: 'dashboards',
        title: 'Presence',
        tags: ['presence-operator'],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
      },
    ],
    panels: panelsOf(dashboard.rows),
  };
}

function variablesOf({ choice }: Dashboard): object[] {
  const datasource = { name: 'datasource', type: 'datasource', label: 'Prometheus', query: 'prometheus' };
  if (choice === 'none') return [datasource];
  const several = choice === 'several';
  const ofLabel = (name: string, label: string, series: string) => ({
    name,
    type: 'query',
    label,
    datasource: DATASOURCE,
    query: { query: `label_values(${series}, ${name})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: several,
    includeAll: several,
  });
  return [
    datasource,
    ofLabel('namespace', 'Namespace', 'presence_cluster_info'),
    ofLabel('presencecluster', 'PresenceCluster', 'presence_cluster_info{namespace=~"$namespace"}'),
  ];
}

/** Panels in their rows, from left to right, each row of panels below the one before. */
function panelsOf(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: COLUMNS, x: 0, y },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      const h = HEIGHTS[panel.kind];
      placed.push({ id: placed.length + 1, ...panelOf(panel), gridPos: { h, w: panel.width, x, y } });
      x += panel.width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}

function panelOf(panel: Panel): object {
  const { title, description, kind, unit, queries } = panel;
  return {
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      instant: kind === 'stat',
      range: kind !== 'stat',
    })),
    fieldConfig: {
      defaults: { unit, thresholds: { mode: 'absolute', steps: stepsOf(panel.bad) }, ...lookOf(kind) },
      overrides: [],
    },
    options: OPTIONS[kind],
  };
}

function stepsOf(bad: Panel['bad']): object[] {
  if (bad === undefined) return [GREEN];
  return 'from' in bad
    ? [GREEN, { color: 'red', value: bad.from }]
    : [RED, { color: 'green', value: bad.below }];
}

function lookOf(kind: Panel['kind']): object {
  switch (kind) {
    case 'timeseries':
      return {
        color: { mode: 'palette-classic' },
        custom: { lineWidth: 1, fillOpacity: 10, showPoints: 'never' },
      };
    case 'stat':
      return { color: { mode: 'thresholds' } };
    case 'state-timeline':
      return { color: { mode: 'thresholds' }, custom: { lineWidth: 0, fillOpacity: 80 } };
  }
}

const OPTIONS = {
  timeseries: {
    legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['max', 'lastNotNull'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  stat: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    colorMode: 'value',
    graphMode: 'none',
    textMode: 'auto',
  },
  'state-timeline': {
    mergeValues: true,
    showValue: 'never',
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  },
} as const;
