import { type Rule, toRule } from './alert.ts';
import { CALENDAR_ALERTS } from './calendar-alerts.ts';
import { CLUSTER_ALERTS } from './cluster-alerts.ts';
import { OBJECTIVE_ALERTS } from './objective-alerts.ts';
import { OPERATOR_ALERTS } from './operator-alerts.ts';
import { REDIS_ALERTS } from './redis-alerts.ts';
import { SERVER_ALERTS } from './server-alerts.ts';

export const ALERT_GROUPS = [
  OPERATOR_ALERTS,
  CLUSTER_ALERTS,
  OBJECTIVE_ALERTS,
  REDIS_ALERTS,
  SERVER_ALERTS,
  CALENDAR_ALERTS,
];

/** All alerts as Prometheus reads them, with the placeholders of `alert.ts`. */
export function alertRules(): { groups: { name: string; rules: Rule[] }[] } {
  return { groups: ALERT_GROUPS.map(({ name, alerts }) => ({ name, rules: alerts.map(toRule) })) };
}
