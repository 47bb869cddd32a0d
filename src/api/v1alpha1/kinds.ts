import type { z } from 'zod';
import { type API_VERSION, GROUP, VERSION } from './group.ts';
import {
  MAX_CLUSTER_NAME_LENGTH,
  type PresenceClusterSpec,
  presenceClusterSpec,
} from './presence-cluster.ts';
import { type PresenceClusterStatus, presenceClusterStatus } from './presence-cluster-status.ts';
import { type RolloutFreezeSpec, rolloutFreezeSpec } from './rollout-freeze.ts';
import {
  type RolloutOverrideSpec,
  type RolloutOverrideStatus,
  rolloutOverrideSpec,
  rolloutOverrideStatus,
} from './rollout-override.ts';
import { type WeddingSpec, type WeddingStatus, weddingSpec, weddingStatus } from './wedding.ts';

interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  jsonPath: string;
  description: string;
  /** 1 shows it with `-o wide` only. */
  priority?: number;
}

/** All that a CustomResourceDefinition needs beside the schema. */
export interface KindDefinition {
  group: typeof GROUP;
  version: typeof VERSION;
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  namespaced: true;
  description: string;
  spec: z.ZodType;
  status?: z.ZodType;
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
  columns: PrinterColumn[];
  maxNameLength?: number;
}

const condition = (name: string, type: string, priority?: number): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
  description: `Condition ${type}.`,
  ...(priority === undefined ? {} : { priority }),
});

const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since creation.',
};

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
    condition('Ready', 'Ready'),
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
    condition('Frozen', 'Frozen'),
    condition('Held', 'RolloutHeld', 1),
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
    age,
  ],
  maxNameLength: MAX_CLUSTER_NAME_LENGTH,
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
    condition('Accepted', 'Accepted', 1),
    age,
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
    age,
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
    'Break-glass: opens the freeze of one PresenceCluster for one user, for at most 4 hours, with a reason and a ticket. Deleting it closes the freeze again.',
  spec: rolloutOverrideSpec,
  status: rolloutOverrideStatus,
  columns: [
    {
      name: 'Cluster',
      type: 'string',
      jsonPath: '.spec.presenceClusterName',
      description: 'PresenceCluster whose freeze is opened.',
    },
    { name: 'User', type: 'string', jsonPath: '.spec.requestedBy', description: 'For whom.' },
    condition('Active', 'Active'),
    { name: 'Until', type: 'string', jsonPath: '.status.until', description: 'When it ends or ended.' },
    { name: 'Ticket', type: 'string', jsonPath: '.spec.ticket', description: 'Incident or change.' },
    { name: 'Reason', type: 'string', jsonPath: '.spec.reason', description: 'Why.', priority: 1 },
    age,
  ],
} as const satisfies KindDefinition;

export const KINDS: KindDefinition[] = [PRESENCE_CLUSTER, WEDDING, ROLLOUT_FREEZE, ROLLOUT_OVERRIDE];

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
export type RolloutFreeze = Kinded<'RolloutFreeze'> & { spec: RolloutFreezeSpec };
