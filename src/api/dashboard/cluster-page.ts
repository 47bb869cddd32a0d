import type { Explanation } from './explanation.ts';
import type { FleetRow } from './fleet.ts';
import type { Timeline } from './timeline.ts';

/** A pod of a Redis shard. */
export interface ShardMember {
  pod: string;
  role: 'Primary' | 'Replica' | 'None';
  /** Kubernetes node that it runs on; absent: not placed, or pods may not be read. */
  node?: string;
  ready?: boolean;
}

export interface ShardPicture {
  index: number;
  /** Hash slots that it owns, of 16,384. */
  slots: number;
  members: ShardMember[];
}

export interface RedisPicture {
  state: string;
  message: string;
  slotsCovered: number;
  shards: ShardPicture[];
  lastFailover?: {
    at: string;
    shard: number;
    from: string;
    to: string;
    because: string;
    milliseconds?: number;
  };
}

/** A condition of the PresenceCluster. */
export interface ConditionRow {
  type: string;
  status: string;
  reason: string;
  message: string;
  since: string;
  isTrouble: boolean;
}

export interface HeldRow {
  workload: string;
  since: string;
  until?: string;
  /** Fields of the pod template that differ. */
  fields: string[];
}

export interface OverrideRow {
  name: string;
  requestedBy: string;
  ticket: string;
  reason: string;
  scope: string[];
  until: string;
  /** Unknown: the operator has not looked at it yet. */
  active: 'True' | 'False' | 'Unknown';
}

export interface EventRow {
  at: string;
  reason: string;
  isWarning: boolean;
  note: string;
  /** How often it was seen. */
  count: number;
}

export interface WeddingRow {
  name: string;
  timeZone: string;
  ceremony: string;
  ends: string;
  people: number;
  state: string;
}

/** Everything that the page of one PresenceCluster shows. */
export interface ClusterPage {
  row: FleetRow;
  /** A spec that is not accepted, and which one is shown in its place. */
  note?: string;
  explanation?: Explanation;
  timeline?: Timeline;
  /** Why there is neither an explanation nor a timeline. */
  notComputed?: string;
  redis?: RedisPicture;
  conditions: ConditionRow[];
  held: HeldRow[];
  overrides: OverrideRow[];
  /** Newest first. */
  events: EventRow[];
  /** Those that are on, then the next ones. */
  weddings: WeddingRow[];
  /** Entries of the lists above that are left out because there are too many. */
  notShown: { conditions: number; held: number; overrides: number; events: number; weddings: number };
}
