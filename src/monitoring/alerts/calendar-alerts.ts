import { type AlertGroup, CLUSTER, hasCondition, ofCluster } from './alert.ts';

const OVERRIDES = 'max by (namespace, presencecluster, changefreeze) (presence_breakglass_active)';
/** What an override opens. */
const OVERRIDDEN = `{{ if $labels.changefreeze }}ChangeFreeze {{ $labels.namespace }}/{{ $labels.changefreeze }}{{ else }}the freeze of PresenceCluster ${CLUSTER}{{ end }}`;
const HELD_FOR = `time() - ${ofCluster('presence_cluster_held_since_timestamp_seconds')}`;
/** A week. Weekends are frozen, the days between are not: what waits for longer was forgotten. */
const HELD_LONG_SECONDS = 604_800;

export const CALENDAR_ALERTS: AlertGroup = {
  name: 'presence-calendar',
  alerts: [
    {
      alert: 'PresenceCalendarIsOld',
      expr: hasCondition('BookingsFresh', 'false'),
      for: '15m',
      severity: 'warning',
      summary: `A WeddingCalendar of PresenceCluster ${CLUSTER} has had no usable copy of its feed for longer than spec.maxStaleness.`,
      description:
        'New bookings are not known: their weddings are not protected and get no pods in advance. The condition BookingsFresh names the WeddingCalendar.',
    },
    {
      alert: 'PresenceFreezeClockFails',
      expr: hasCondition('FreezeClock', 'false'),
      for: '15m',
      severity: 'warning',
      summary: `Deletes and scaling of PresenceCluster ${CLUSTER} are held in a freeze only if the operator was alive when it began.`,
      description:
        'The condition FreezeClock has the reason. Often the Lease of the control plane that tells the time is not renewed, or an API server has stopped following it and must be restarted.',
    },
    {
      alert: 'PresenceFreezeIsOverridden',
      expr: `${OVERRIDES} > 0`,
      severity: 'info',
      summary: `A RolloutOverride opens ${OVERRIDDEN}.`,
      description: 'Nothing to do when it is your incident: kubectl get rov names the user and the ticket.',
    },
    {
      alert: 'PresenceOverrideOpenTooLong',
      expr: `${OVERRIDES} > 0`,
      for: '1h',
      severity: 'warning',
      summary: `A RolloutOverride has opened ${OVERRIDDEN} for an hour.`,
      description:
        'Ask the user that kubectl get rov names whether it is still needed. Deleting the RolloutOverride closes it at once.',
    },
    {
      alert: 'PresencePausedTooLong',
      expr: 'max by (namespace, presencecluster, scope) (presence_paused) == 1',
      for: '4h',
      severity: 'warning',
      summary: `PresenceCluster ${CLUSTER} has been paused for 4 hours (scope {{ $labels.scope }}).`,
      description:
        'The operator leaves parts of it alone; with healing false it does not even repair Redis. End the pause when the work is done.',
    },
    {
      alert: 'PresenceChangeHeldLong',
      expr: `${HELD_FOR} > ${HELD_LONG_SECONDS}`,
      severity: 'info',
      summary: `A change of PresenceCluster ${CLUSTER} has waited for a week.`,
      description: 'status.held names the workload and the fields, and status.freeze the next safe window.',
      waitsFor: 'FreezeOfCluster',
    },
    {
      alert: 'PresenceFreezesLeaveTooLittleTime',
      expr: hasCondition('FreezeWithinBudget', 'false'),
      for: '1h',
      severity: 'info',
      summary: `The freezes of PresenceCluster ${CLUSTER} leave less open time than spec.freeze.budget asks for.`,
      description:
        'Patches cannot be rolled out in time. The condition FreezeWithinBudget names the period and the least risky time.',
      waitsFor: 'FreezeOfCluster',
    },
  ],
};
