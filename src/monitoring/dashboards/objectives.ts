import { BURN_WINDOWS, recordedNames } from '../recording/recording-rules.ts';
import type { Dashboard, Query } from './dashboard.ts';
import { chosen, lines, number, OF_CLUSTER, perCluster, quantile, query, rate, timeline } from './panels.ts';

const OF_OBJECTIVE = `{{objective}} ${OF_CLUSTER}`;
const CANARY = chosen('presence_canary_seconds_bucket');

/** One value per PresenceCluster and objective. */
function perObjective(series: string): string {
  return `max by (namespace, presencecluster, objective) (${series})`;
}

/** The burn rates of both windows of each burn, and the rate from which it holds. */
function burnRates(objective: string): Query[] {
  return BURN_WINDOWS.map((window) =>
    query(
      `${window} ${OF_CLUSTER}`,
      perCluster(chosen('presence_slo_burn_rate', `objective="${objective}",window="${window}"`)),
    ),
  );
}

export const OBJECTIVES: Dashboard = {
  uid: 'presence-slo',
  title: 'Presence / Objectives',
  description:
    'The service level objectives: what is kept, what is left of the error budgets, how fast they go.',
  choice: 'several',
  from: '7d',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'short',
          {
            title: 'Objectives not met',
            description: 'PresenceClusters whose error budget burns or is spent: SLOMet is False.',
            bad: { from: 1 },
          },
          `sum(${perCluster(chosen('presence_cluster_condition', 'condition="SLOMet",status="false"'))}) or vector(0)`,
        ),
        number(
          'short',
          {
            title: 'Not measured',
            description: 'PresenceClusters of which no pod has reported for five minutes.',
            bad: { from: 1 },
          },
          `sum(${perCluster(chosen('presence_cluster_condition', 'condition="SLOMet",status="unknown"'))}) or vector(0)`,
        ),
        number(
          'short',
          {
            title: 'Pods left out',
            description: 'Their counts are impossible, or their clock is wrong.',
            bad: { from: 1 },
          },
          `sum(${perCluster(chosen('presence_slo_pods_left_out'))})`,
        ),
        number(
          'percentunit',
          {
            title: 'Lowest budget left',
            description: 'Of all chosen and of both objectives. Below 0 it is overspent.',
            bad: { below: 0 },
          },
          `min(${perObjective(chosen('presence_slo_error_budget_left_ratio'))})`,
        ),
        number(
          's',
          { title: 'Delay, p99', description: 'Of changes through Redis and back.', width: 8 },
          quantile(0.99, CANARY),
        ),
      ],
    },
    {
      title: 'Over the window of the objectives',
      panels: [
        lines(
          'percentunit',
          {
            title: 'Error budget left',
            description: 'A steep fall is an outage, a slow one is wear. Below 0 it is overspent.',
            bad: { below: 0 },
          },
          query(OF_OBJECTIVE, perObjective(chosen('presence_slo_error_budget_left_ratio'))),
        ),
        lines(
          'percentunit',
          {
            title: 'Attainment',
            description: 'Share of the events that were kept, and the share that is promised.',
          },
          query(OF_OBJECTIVE, perObjective(chosen('presence_slo_attainment_ratio'))),
          query(`promised ${OF_OBJECTIVE}`, perObjective(chosen('presence_slo_objective_ratio'))),
        ),
      ],
    },
    {
      title: 'Burn rates, by the operator',
      panels: [
        lines(
          'short',
          { title: 'Updates', description: 'At 1 the budget lasts for just the window of the objective.' },
          ...burnRates('updates'),
        ),
        lines(
          'short',
          { title: 'Joins', description: 'At 1 the budget lasts for just the window of the objective.' },
          ...burnRates('joins'),
        ),
        lines(
          'short',
          {
            title: 'Limits',
            description:
              'A burn holds from these rates on, by its longer window, when the shorter one shows it as well.',
          },
          ...['1h', '6h', '3d'].map((long) =>
            query(
              `${long} ${OF_CLUSTER}`,
              perCluster(chosen('presence_slo_burn_rate_limit', `window="${long}"`)),
            ),
          ),
        ),
        timeline(
          'bool_yes_no',
          { title: 'Objectives not met', description: 'When SLOMet was False.', bad: { from: 1 } },
          perCluster(chosen('presence_cluster_condition', 'condition="SLOMet",status="false"')),
          OF_CLUSTER,
        ),
      ],
    },
    {
      title: 'Failures',
      panels: [
        lines(
          'reqps',
          {
            title: 'Updates that were late or lost',
            description: 'Recorded by the rules of manifests/monitoring/recording-rules.yaml.',
          },
          query(OF_CLUSTER, chosen(recordedNames('5m').failures, 'objective="updates"')),
          query(
            `lost ${OF_CLUSTER}`,
            rate(chosen('presence_canary_lost_total'), 'namespace', 'presencecluster'),
          ),
        ),
        lines(
          'reqps',
          { title: 'Joins that failed', description: 'By the service, by code.' },
          query(
            `{{code}} ${OF_CLUSTER}`,
            rate(chosen('presence_failed_joins_total'), 'namespace', 'presencecluster', 'code'),
          ),
        ),
        lines(
          'short',
          {
            title: 'Burn rates, recorded by Prometheus',
            description: 'From the counters of the pods; they go on for a day without an operator.',
            width: 24,
          },
          ...BURN_WINDOWS.map((window) =>
            query(`${window} ${OF_OBJECTIVE}`, chosen(recordedNames(window).burnRate)),
          ),
        ),
      ],
    },
  ],
};
