import type { Dashboard } from './dashboard.ts';
import { chosen, lines, number, OF_CLUSTER, perCluster, query, timeline } from './panels.ts';

const NOT_READY = chosen('presence_cluster_condition', 'condition="Ready",status="true"');

export const FLEET: Dashboard = {
  uid: 'presence-fleet',
  title: 'Presence / Fleet and calendar',
  description: 'All PresenceClusters: what is ready, what is frozen, how many pods the calendar asks for.',
  choice: 'several',
  from: '24h',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'short',
          { title: 'PresenceClusters', description: 'Those that are chosen above.' },
          `count(${perCluster(chosen('presence_cluster_info'))})`,
        ),
        number(
          'short',
          { title: 'Not ready', description: 'The condition Ready is not True.', bad: { from: 1 } },
          `count(${perCluster(NOT_READY)} == 0) or vector(0)`,
        ),
        number(
          'short',
          { title: 'Frozen', description: 'A freeze is on: changes of running pods wait.' },
          `sum(${perCluster(chosen('presence_cluster_frozen'))})`,
        ),
        number(
          'short',
          { title: 'Connections', description: 'Open connections of all presence pods.' },
          `sum(${chosen('presence_connections')})`,
        ),
        number(
          'short',
          { title: 'Presence pods ready', description: 'Of all PresenceClusters.' },
          `sum(${perCluster(chosen('presence_cluster_ready_replicas'))})`,
        ),
        number(
          'short',
          { title: 'Changes that wait', description: 'Workloads whose new revision is held.' },
          `sum(${perCluster(chosen('presence_cluster_held_changes'))})`,
        ),
      ],
    },
    {
      title: 'Pods and load',
      panels: [
        lines(
          'short',
          {
            title: 'Presence pods',
            description:
              'Ready below wanted for long: pods do not start. Wanted at the maximum: people may be refused.',
          },
          query(`wanted ${OF_CLUSTER}`, perCluster(chosen('presence_cluster_wanted_replicas'))),
          query(`ready ${OF_CLUSTER}`, perCluster(chosen('presence_cluster_ready_replicas'))),
          query(`floor ${OF_CLUSTER}`, perCluster(chosen('presence_cluster_floor_replicas'))),
          query(`maximum ${OF_CLUSTER}`, perCluster(chosen('presence_cluster_max_replicas'))),
          query(`held by requests ${OF_CLUSTER}`, perCluster(chosen('presence_held_replicas'))),
        ),
        lines(
          'short',
          {
            title: 'Connections and forecast',
            description:
              'Only in modes that look at the load. Connections above the bound were not expected.',
          },
          query(`connections ${OF_CLUSTER}`, perCluster(chosen('presence_cluster_connections'))),
          query(
            `{{estimate}} ${OF_CLUSTER}`,
            `max by (namespace, presencecluster, estimate) (${chosen('presence_cluster_forecast_connections')})`,
          ),
        ),
      ],
    },
    {
      title: 'Freezes',
      panels: [
        timeline(
          'bool_yes_no',
          { title: 'Frozen', description: 'When freezes were on.', bad: { from: 1 } },
          perCluster(chosen('presence_cluster_frozen')),
          OF_CLUSTER,
        ),
        lines(
          'short',
          { title: 'Weddings of the freeze', description: 'Weddings that cause the freeze that is on.' },
          query(OF_CLUSTER, perCluster(chosen('presence_cluster_freeze_weddings'))),
        ),
        number(
          'dateTimeFromNow',
          { title: 'Next freeze', description: 'When the next freeze of each begins.', width: 8 },
          `${perCluster(chosen('presence_cluster_next_freeze_timestamp_seconds'))} * 1000`,
          OF_CLUSTER,
        ),
        number(
          'dateTimeFromNow',
          { title: 'Oldest change that waits', description: 'Since when it has waited.', width: 8 },
          `${perCluster(chosen('presence_cluster_held_since_timestamp_seconds'))} * 1000`,
          OF_CLUSTER,
        ),
        number(
          's',
          {
            title: 'Age of the heartbeat',
            description: 'The operator writes it every 5 minutes. Older: freezes may be out of date.',
            width: 8,
            bad: { from: 900 },
          },
          `time() - ${perCluster(chosen('presence_cluster_freeze_heartbeat_timestamp_seconds'))}`,
          OF_CLUSTER,
        ),
        lines(
          'short',
          { title: 'Overrides', description: 'RolloutOverrides that open a freeze.' },
          query(OF_CLUSTER, perCluster(chosen('presence_breakglass_active'))),
        ),
        lines(
          'short',
          { title: 'Paused', description: 'PresenceClusters that a person has paused, by scope.' },
          query(
            `{{scope}} ${OF_CLUSTER}`,
            `max by (namespace, presencecluster, scope) (${chosen('presence_paused')})`,
          ),
        ),
      ],
    },
    {
      title: 'Bookings',
      panels: [
        lines(
          's',
          {
            title: 'Age of the feeds',
            description:
              'Time since the feed of a WeddingCalendar gave a usable copy. Above a day an alert fires.',
          },
          query(
            '{{namespace}}/{{weddingcalendar}}',
            'max by (namespace, weddingcalendar) (presence_calendar_age_seconds{namespace=~"$namespace"})',
          ),
        ),
        lines(
          'short',
          { title: 'Booked weddings', description: 'Weddings that the presence pods know.' },
          query(OF_CLUSTER, perCluster(chosen('presence_booked_weddings'))),
        ),
      ],
    },
  ],
};
