import { Gauge, type Registry } from 'prom-client';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { SloStatus } from '../../api/v1alpha1/slo/slo-status.ts';
import { BURN_ALERTS, burnLimit, roundedRate } from '../../domain/slo/burn-rate.ts';
import { OBJECTIVES } from '../../domain/slo/tally.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import { servedSlo } from './served-slo.ts';

const OF_CLUSTER = ['namespace', 'presencecluster'] as const;
type Labels = Record<string, string>;
type Samples = (
  slo: SloStatus,
  cluster: PresenceCluster,
) => readonly (readonly [labels: Labels, value: number | undefined])[];

/** What status.slo shows, read from the cache at each scrape. */
export function registerSloMetrics(registry: Registry, clusters: StoreReader<PresenceCluster>): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], samples: Samples): Gauge =>
    new Gauge({
      name: `presence_slo_${name}`,
      help,
      labelNames: [...OF_CLUSTER, ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const cluster of clusters.list())
          for (const [labels, value] of samplesOf(cluster, samples)) this.set(labels, value);
      },
    });
  gauge(
    'objective_ratio',
    'Share of the events that spec.slo promises, by objective.',
    ['objective'],
    (slo) => OBJECTIVES.map((objective) => [{ objective }, ratio(slo[objective].objective)]),
  );
  gauge(
    'attainment_ratio',
    'Share of the events over the window for which it was kept.',
    ['objective'],
    (slo) => OBJECTIVES.map((objective) => [{ objective }, ratio(slo[objective].attainment)]),
  );
  gauge(
    'error_budget_left_ratio',
    'Share of the error budget of the window that is left; below 0 it is overspent.',
    ['objective'],
    (slo) => OBJECTIVES.map((objective) => [{ objective }, ratio(slo[objective].budgetLeft)]),
  );
  gauge(
    'burn_rate',
    'How many times faster than allowed the error budget was spent, by window.',
    ['objective', 'window'],
    (slo) =>
      slo.burnRates.flatMap(({ window, updates, joins }) => [
        [{ objective: 'updates', window }, updates],
        [{ objective: 'joins', window }, joins],
      ]),
  );
  gauge(
    'burn_rate_limit',
    'Burn rate from which a burn holds, by the longer of its two windows; rounded as burn rates are.',
    ['window'],
    (_, cluster) => {
      const { windowDays } = servedSlo(cluster);
      return BURN_ALERTS.map((alert) => [{ window: alert.long }, roundedRate(burnLimit(alert, windowDays))]);
    },
  );
  gauge(
    'pods_left_out',
    'Presence pods that are not counted, because their counts are impossible or their clock is wrong.',
    [],
    (slo) => [[{}, slo.leftOut.length]],
  );
}

/** The samples of one PresenceCluster with its name; what is not known has none. */
function samplesOf(cluster: PresenceCluster, samples: Samples): [Labels, number][] {
  const { metadata, status } = cluster;
  const of = { namespace: metadata.namespace, presencecluster: metadata.name };
  const all = status?.slo === undefined ? [] : samples(status.slo, cluster);
  return all.flatMap(([labels, value]) => (value === undefined ? [] : [[{ ...of, ...labels }, value]]));
}

/** Of percents with three decimals; without the digits that a division adds. */
function ratio(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : Number((percent / 100).toFixed(5));
}
