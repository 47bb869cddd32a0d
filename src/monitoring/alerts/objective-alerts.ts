import { type AlertGroup, CLUSTER, hasCondition, ofCluster } from './alert.ts';

const OF_OBJECTIVE = 'namespace, presencecluster, objective';

/** The burn rate of a window is not below the limit of the longer window of its burn. */
function isOver(window: string, long: string): string {
  const rate = `max by (${OF_OBJECTIVE}) (presence_slo_burn_rate{window="${window}"})`;
  const limit = ofCluster(`presence_slo_burn_rate_limit{window="${long}"}`);
  return `(${rate} >= on (namespace, presencecluster) group_left () ${limit})`;
}

/** Both windows show the burn. */
function burns(long: string, short: string): string {
  return `(${isOver(long, long)} and on (${OF_OBJECTIVE}) ${isOver(short, long)})`;
}

/** The condition knows more than the rounded rates: that enough events failed, and that pods were measured. */
const MATTERS = `and on (namespace, presencecluster) ${hasCondition('SLOMet', 'false')}`;

/** The windows of `BURN_ALERTS`, by which the operator sets the condition SLOMet. */
export const OBJECTIVE_ALERTS: AlertGroup = {
  name: 'presence-objectives',
  alerts: [
    {
      alert: 'PresenceErrorBudgetBurnsFast',
      expr: `(${burns('1h', '5m')} or ${burns('6h', '30m')}) ${MATTERS}`,
      severity: 'critical',
      summary: `PresenceCluster ${CLUSTER} spends its error budget of {{ $labels.objective }} {{ $value }} times faster than allowed.`,
      description:
        'Clients notice it now. The condition SLOMet has the burn rates: kubectl presence slo NAME -n NAMESPACE.',
    },
    {
      alert: 'PresenceErrorBudgetBurnsSlowly',
      expr: `${burns('3d', '6h')} ${MATTERS}`,
      severity: 'warning',
      summary: `A tenth of the error budget of {{ $labels.objective }} of PresenceCluster ${CLUSTER} went in three days, and it goes on.`,
      description:
        'Find the cause before the budget is spent: kubectl presence slo NAME -n NAMESPACE shows what is left.',
    },
  ],
};
