import { CHOSEN, INTERVAL, type Panel, type Query, type Unit } from './dashboard.ts';

type Texts = Pick<Panel, 'title' | 'description'>;
type Look = Texts & Partial<Pick<Panel, 'width' | 'bad'>>;

export function lines(unit: Unit, look: Look, ...queries: readonly Query[]): Panel {
  return { kind: 'timeseries', unit, width: 12, queries, ...look };
}

export function number(unit: Unit, look: Look, expr: string, legend = ''): Panel {
  return { kind: 'stat', unit, width: 4, queries: [{ expr, legend }], ...look };
}

export function timeline(unit: Unit, look: Look, expr: string, legend: string): Panel {
  return { kind: 'state-timeline', unit, width: 12, queries: [{ expr, legend }], ...look };
}

export const query = (legend: string, expr: string): Query => ({ legend, expr });

/** A series of the PresenceClusters that are chosen. */
export function chosen(name: string, matchers = ''): string {
  return `${name}{${CHOSEN}${matchers === '' ? '' : `,${matchers}`}}`;
}

/** One value per PresenceCluster, whatever the number of operators that report it. */
export function perCluster(series: string): string {
  return `max by (namespace, presencecluster) (${series})`;
}

export function rate(counter: string, ...labels: readonly string[]): string {
  const total = `rate(${counter}[${INTERVAL}])`;
  return labels.length === 0 ? `sum(${total})` : `sum by (${labels.join(', ')}) (${total})`;
}

/** @param buckets name and matchers of the `_bucket` series */
export function quantile(share: number, buckets: string, ...labels: readonly string[]): string {
  return `histogram_quantile(${share}, ${rate(buckets, ...labels, 'le')})`;
}

export const OF_CLUSTER = '{{namespace}}/{{presencecluster}}';
