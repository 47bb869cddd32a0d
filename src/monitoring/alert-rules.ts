import { type Rule, toRule } from './alert.ts';
import { CALENDAR_ALERTS } from './alerts/calendar-alerts.ts';
import { CLUSTER_ALERTS } from './alerts/cluster-alerts.ts';
import { OPERATOR_ALERTS } from './alerts/operator-alerts.ts';
import { REDIS_ALERTS } from './alerts/redis-alerts.ts';
import { SERVER_ALERTS } from './alerts/server-alerts.ts';

export const ALERT_GROUPS = [OPERATOR_ALERTS, CLUSTER_ALERTS, REDIS_ALERTS, SERVER_ALERTS, CALENDAR_ALERTS];

/** All alerts as Prometheus reads them, with the placeholders of `alert.ts`. */
export function alertRules(): { groups: { name: string; rules: Rule[] }[] } {
  return { groups: ALERT_GROUPS.map(({ name, alerts }) => ({ name, rules: alerts.map(toRule) })) };
}
