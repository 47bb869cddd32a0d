import { BURN_ALERTS, burnLimit, roundedRate } from '../../domain/slo/burn-rate.ts';
import { OBJECTIVES } from '../../domain/slo/tally.ts';
import { servedSlo } from '../slo/served-slo.ts';
import type { ClusterMetric, ClusterView, Samples } from './cluster-reading.ts';

type Slo = NonNullable<NonNullable<ClusterView['cluster']['status']>['slo']>;

/** What status.slo shows. */
export const SLO_METRICS: readonly ClusterMetric[] = [
  ofObjective(
    'objective_ratio',
    'Share of the events that spec.slo promises, by objective.',
    ({ objective }) => objective / 100,
  ),
  ofObjective(
    'attainment_ratio',
    'Share of the events over the window for which it was kept.',
    ({ attainment }) => (attainment === undefined ? undefined : attainment / 100),
  ),
  ofObjective(
    'error_budget_left_ratio',
    'Share of the error budget of the window that is left; below 0 it is overspent.',
    ({ budgetLeft }) => (budgetLeft === undefined ? undefined : budgetLeft / 100),
  ),
  {
    name: 'presence_slo_within_seconds',
    help: 'Time in which spec.slo wants an update to be seen.',
    read: ({ cluster }) => cluster.status?.slo && servedSlo(cluster).updates.withinMilliseconds / 1_000,
  },
  {
    name: 'presence_slo_burn_rate',
    help: 'How many times faster than allowed the error budget was spent, by window.',
    labels: ['objective', 'window'],
    read: ({ cluster }) =>
      cluster.status?.slo?.burnRates?.flatMap((rates) =>
        OBJECTIVES.map((objective) => ({
          labels: { objective, window: rates.window },
          value: rates[objective],
        })),
      ),
  },
  {
    name: 'presence_slo_burn_rate_limit',
    help: 'Burn rate from which a burn holds, by the longer of its two windows; rounded as burn rates are.',
    labels: ['window'],
    read: ({ cluster }) => {
      if (cluster.status?.slo === undefined) return undefined;
      const { windowDays } = servedSlo(cluster);
      return BURN_ALERTS.map((alert) => ({
        labels: { window: alert.long },
        value: roundedRate(burnLimit(alert, windowDays)),
      }));
    },
  },
  {
    name: 'presence_slo_pods_left_out',
    help: 'Presence pods that are not counted, because their counts are impossible or their clock is wrong.',
    read: ({ cluster }) => cluster.status?.slo?.leftOut?.length,
  },
];

/** @param share what is known of one objective; a share of 1 */
function ofObjective(
  name: string,
  help: string,
  share: (of: Slo['updates']) => number | undefined,
): ClusterMetric {
  const read = ({ cluster }: ClusterView): Samples => {
    const slo = cluster.status?.slo;
    if (slo === undefined) return undefined;
    return OBJECTIVES.flatMap((objective) => {
      const value = share(slo[objective]);
      // Percents have three decimals; without the digits that the division adds.
      return value === undefined ? [] : [{ labels: { objective }, value: Number(value.toFixed(5)) }];
    });
  };
  return { name: `presence_slo_${name}`, help, labels: ['objective'], read };
}
