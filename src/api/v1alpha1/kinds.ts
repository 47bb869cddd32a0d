import { type API_VERSION, GROUP, VERSION } from '../schema/group.ts';
import { AGE_COLUMN, conditionColumn, type KindDefinition, textColumn } from '../schema/kind-definition.ts';
import {
  type ChangeFreezeSpec,
  type ChangeFreezeStatus,
  changeFreezeSpec,
  changeFreezeStatus,
} from './change-freeze.ts';
import { STORAGE_TRANSITIONS } from './lifecycle/redis-storage.ts';
import {
  MAX_CLUSTER_NAME_LENGTH,
  type PresenceClusterSpec,
  presenceClusterSpec,
} from './presence-cluster.ts';
import { type PresenceClusterStatus, presenceClusterStatus } from './presence-cluster-status.ts';
import {
  type PresenceOptimizationSpec,
  type PresenceOptimizationStatus,
  presenceOptimizationSpec,
  presenceOptimizationStatus,
} from './presence-optimization.ts';
import { type RolloutFreezeSpec, rolloutFreezeSpec } from './rollout-freeze.ts';
import {
  MAX_CHANGE_FREEZE_NAME_LENGTH,
  type RolloutOverrideSpec,
  type RolloutOverrideStatus,
  rolloutOverrideSpec,
  rolloutOverrideStatus,
} from './rollout-override.ts';
import { type WeddingSpec, type WeddingStatus, weddingSpec, weddingStatus } from './wedding.ts';
import {
  MAX_CALENDAR_NAME_LENGTH,
  type WeddingCalendarSpec,
  type WeddingCalendarStatus,
  weddingCalendarSpec,
  weddingCalendarStatus,
} from './wedding-calendar.ts';

export type { KindDefinition } from '../schema/kind-definition.ts';

export const PRESENCE_CLUSTER = {
  group: GROUP,
  version: VERSION,
  kind: 'PresenceCluster',
  plural: 'presenceclusters',
  singular: 'presencecluster',
  shortName: 'pcl',
  namespaced: true,
  description:
    'One Redis Cluster and one fleet of presence (WebSocket) pods for wedding crews, with their scaling by the calendar and their protection while weddings are on.',
  spec: presenceClusterSpec,
  status: presenceClusterStatus,
  scale: {
    specReplicasPath: '.spec.presence.replicas',
    statusReplicasPath: '.status.presence.replicas',
    labelSelectorPath: '.status.presence.selector',
  },
  columns: [
    conditionColumn('Ready', 'Ready'),
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Reason of the condition Ready: NotAccepted when the spec is not in use.',
    },
    {
      name: 'Presence',
      type: 'integer',
      jsonPath: '.status.presence.readyReplicas',
      description: 'Ready presence pods.',
    },
    {
      name: 'Desired',
      type: 'integer',
      jsonPath: '.status.scaling.desired',
      description: 'Wanted presence pods.',
    },
    { name: 'Shards', type: 'integer', jsonPath: '.spec.redis.shards', description: 'Redis shards.' },
    { name: 'Floor', type: 'integer', jsonPath: '.status.scaling.floor', description: 'Calendar floor.' },
    conditionColumn('Frozen', 'Frozen'),
    conditionColumn('Paused', 'Paused'),
    conditionColumn('Held', 'RolloutHeld', 1),
    {
      name: 'Next-Change',
      type: 'string',
      jsonPath: '.status.scaling.nextChange.at',
      description: 'Next change of the calendar.',
    },
    {
      name: 'Redis',
      type: 'string',
      jsonPath: '.status.redis.message',
      description: 'What Redis is doing.',
      priority: 1,
    },
    {
      name: 'Observed',
      type: 'date',
      jsonPath: '.status.observedAt',
      description: 'Time since the operator last confirmed the status.',
      priority: 1,
    },
    AGE_COLUMN,
  ],
  maxNameLength: MAX_CLUSTER_NAME_LENGTH,
  transitions: STORAGE_TRANSITIONS,
} as const satisfies KindDefinition;

export const WEDDING = {
  group: GROUP,
  version: VERSION,
  kind: 'Wedding',
  plural: 'weddings',
  singular: 'wedding',
  shortName: 'wed',
  namespaced: true,
  description: 'One wedding: local date and times, zone of the venue, crew by role.',
  spec: weddingSpec,
  status: weddingStatus,
  columns: [
    { name: 'Date', type: 'string', jsonPath: '.spec.date', description: 'Day of the ceremony.' },
    {
      name: 'Ceremony',
      type: 'string',
      jsonPath: '.spec.ceremony',
      description: 'Local time of the ceremony.',
    },
    { name: 'Zone', type: 'string', jsonPath: '.spec.timeZone', description: 'Time zone of the venue.' },
    {
      name: 'State',
      type: 'string',
      jsonPath: '.spec.state',
      description: 'Planned, Confirmed, Done or Cancelled.',
    },
    {
      name: 'Phase',
      type: 'string',
      jsonPath: '.status.phase',
      description: 'Where it is now, by the clock.',
    },
    conditionColumn('Accepted', 'Accepted', 1),
    conditionColumn('Ready', 'Ready', 1),
    AGE_COLUMN,
  ],
} as const satisfies KindDefinition;

export const ROLLOUT_FREEZE = {
  group: GROUP,
  version: VERSION,
  kind: 'RolloutFreeze',
  plural: 'rolloutfreezes',
  singular: 'rolloutfreeze',
  shortName: 'rfz',
  namespaced: true,
  description:
    'When the workloads of the PresenceCluster of the same name must not be changed. The operator writes it ahead of time; people read it.',
  spec: rolloutFreezeSpec,
  columns: [
    {
      name: 'Phase',
      type: 'string',
      jsonPath: '.spec.phase',
      description: 'What the operator last knew.',
    },
    {
      name: 'From',
      type: 'string',
      jsonPath: '.spec.windows[0].from',
      description: 'Start of the first window.',
    },
    {
      name: 'Until',
      type: 'string',
      jsonPath: '.spec.windows[0].until',
      description: 'End of the first window.',
    },
    { name: 'Reason', type: 'string', jsonPath: '.spec.windows[0].reason', description: 'Why.' },
    {
      name: 'Heartbeat',
      type: 'date',
      jsonPath: '.spec.heartbeat',
      description: 'Time since the operator was seen alive, to 5 minutes.',
      priority: 1,
    },
    AGE_COLUMN,
  ],
} as const satisfies KindDefinition;

export const ROLLOUT_OVERRIDE = {
  group: GROUP,
  version: VERSION,
  kind: 'RolloutOverride',
  plural: 'rolloutoverrides',
  singular: 'rolloutoverride',
  shortName: 'rov',
  namespaced: true,
  description:
    'Break-glass: opens the freeze of one PresenceCluster, or one ChangeFreeze, for one user, for at most 4 hours, with a reason and a ticket. Deleting it closes the freeze again.',
  spec: rolloutOverrideSpec,
  status: rolloutOverrideStatus,
  columns: [
    {
      name: 'Cluster',
      type: 'string',
      jsonPath: '.spec.presenceClusterName',
      description: 'PresenceCluster whose freeze is opened.',
    },
    textColumn('ChangeFreeze', '.spec.changeFreezeName', 'ChangeFreeze that is opened.', 1),
    { name: 'User', type: 'string', jsonPath: '.spec.requestedBy', description: 'For whom.' },
    conditionColumn('Active', 'Active'),
    { name: 'Until', type: 'string', jsonPath: '.status.until', description: 'When it ends or ended.' },
    { name: 'Ticket', type: 'string', jsonPath: '.spec.ticket', description: 'Incident or change.' },
    { name: 'Reason', type: 'string', jsonPath: '.spec.reason', description: 'Why.', priority: 1 },
    AGE_COLUMN,
  ],
} as const satisfies KindDefinition;

export const PRESENCE_OPTIMIZATION = {
  group: GROUP,
  version: VERSION,
  kind: 'PresenceOptimization',
  plural: 'presenceoptimizations',
  singular: 'presenceoptimization',
  shortName: 'popt',
  namespaced: true,
  description:
    'A one-off request to the operator of one PresenceCluster, at most 10 per minute for each user. It is deleted some time after it is over.',
  spec: presenceOptimizationSpec,
  status: presenceOptimizationStatus,
  columns: [
    textColumn('Cluster', '.spec.presenceClusterName', 'PresenceCluster that it is for.'),
    textColumn('Type', '.spec.type', 'What is asked for.'),
    textColumn('User', '.spec.requestedBy', 'Who asks.'),
    textColumn('Phase', '.status.phase', 'Active, Done or Refused.'),
    textColumn('Reason', '.status.reason', 'Why it was refused.'),
    textColumn('Retry-After', '.status.retryAfter', 'When to try again.'),
    textColumn('Until', '.status.until', 'When HoldReplicas or Disconnect ends.', 1),
    AGE_COLUMN,
  ],
} as const satisfies KindDefinition;

export const WEDDING_CALENDAR = {
  group: GROUP,
  version: VERSION,
  kind: 'WeddingCalendar',
  plural: 'weddingcalendars',
  singular: 'weddingcalendar',
  shortName: 'wcal',
  namespaced: true,
  description:
    'A feed of bookings (iCalendar or JSON) that the operator keeps as Weddings of the namespace. The last good copy stays whatever the feed does, and when the WeddingCalendar is deleted.',
  spec: weddingCalendarSpec,
  status: weddingCalendarStatus,
  columns: [
    conditionColumn('Fresh', 'CalendarFresh'),
    {
      name: 'Weddings',
      type: 'integer',
      jsonPath: '.status.events.weddings',
      description: 'Weddings of the last good copy.',
    },
    {
      name: 'Skipped',
      type: 'integer',
      jsonPath: '.status.events.skipped',
      description: 'Events that could not be used.',
    },
    {
      name: 'Fetched',
      type: 'date',
      jsonPath: '.status.lastFetched',
      description: 'Age of the last good copy.',
    },
    conditionColumn('Accepted', 'Accepted', 1),
    conditionColumn('Ready', 'Ready', 1),
    AGE_COLUMN,
  ],
  maxNameLength: MAX_CALENDAR_NAME_LENGTH,
} as const satisfies KindDefinition;

export const CHANGE_FREEZE = {
  group: GROUP,
  version: VERSION,
  kind: 'ChangeFreeze',
  plural: 'changefreezes',
  singular: 'changefreeze',
  shortName: 'cfz',
  namespaced: true,
  description:
    'When workloads of the namespace that the operator does not own must not be changed or deleted. The API server refuses it, also while the operator is down.',
  spec: changeFreezeSpec,
  status: changeFreezeStatus,
  columns: [
    textColumn('Phase', '.status.phase', 'Open or Frozen.'),
    textColumn('From', '.status.windows[0].from', 'Start of the first window.'),
    textColumn('Until', '.status.windows[0].until', 'End of the first window.'),
    textColumn('Reason', '.status.windows[0].reason', 'Why.'),
    conditionColumn('Enforced', 'Enforced'),
    conditionColumn('Accepted', 'Accepted', 1),
    conditionColumn('Ready', 'Ready', 1),
    textColumn('Known-Until', '.status.knownUntil', 'Until then it holds without the operator.', 1),
    AGE_COLUMN,
  ],
  maxNameLength: MAX_CHANGE_FREEZE_NAME_LENGTH,
} as const satisfies KindDefinition;

export const KINDS: KindDefinition[] = [
  PRESENCE_CLUSTER,
  WEDDING,
  ROLLOUT_FREEZE,
  ROLLOUT_OVERRIDE,
  PRESENCE_OPTIMIZATION,
  WEDDING_CALENDAR,
  CHANGE_FREEZE,
];

/** Object metadata as far as this product reads it. */
export interface Metadata {
  name: string;
  namespace: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
}

interface Kinded<K extends string> {
  apiVersion: typeof API_VERSION;
  kind: K;
  metadata: Metadata;
}

export type PresenceCluster = Kinded<'PresenceCluster'> & {
  spec: PresenceClusterSpec;
  status?: PresenceClusterStatus;
};
export type Wedding = Kinded<'Wedding'> & { spec: WeddingSpec; status?: WeddingStatus };
export type RolloutOverride = Kinded<'RolloutOverride'> & {
  spec: RolloutOverrideSpec;
  status?: RolloutOverrideStatus;
};
export type PresenceOptimization = Kinded<'PresenceOptimization'> & {
  spec: PresenceOptimizationSpec;
  status?: PresenceOptimizationStatus;
};
export type WeddingCalendar = Kinded<'WeddingCalendar'> & {
  spec: WeddingCalendarSpec;
  status?: WeddingCalendarStatus;
};
export type ChangeFreeze = Kinded<'ChangeFreeze'> & {
  spec: ChangeFreezeSpec;
  status?: ChangeFreezeStatus;
};
export type RolloutFreeze = Kinded<'RolloutFreeze'> & { spec: RolloutFreezeSpec };
