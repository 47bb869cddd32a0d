import type { PresenceCluster, RolloutFreeze } from '../../api/v1alpha1/kinds.ts';
import type { RedisNodeReading } from '../redis/redis-nodes.ts';

/** What the metrics of one PresenceCluster are read from. */
export interface ClusterView {
  readonly cluster: PresenceCluster;
  /** Undefined before it is made. */
  readonly freeze: RolloutFreeze | undefined;
  /** As last seen; empty when that was long ago. */
  readonly redisNodes: readonly RedisNodeReading[];
  /** Times that a Redis pod became a primary since this process leads. */
  readonly promotions: number;
  readonly now: Date;
}

/** Samples of one PresenceCluster: one number, several with further labels, or undefined for none. */
export type Samples = number | undefined | readonly { readonly labels: Labels; readonly value: number }[];
type Labels = Readonly<Record<string, string>>;

/** One metric of a PresenceCluster. `namespace` and `presencecluster` come before its own labels. */
export interface ClusterMetric {
  readonly name: string;
  readonly help: string;
  /** A gauge when left out. */
  readonly type?: 'counter';
  readonly labels?: readonly string[];
  readonly read: (view: ClusterView) => Samples;
}

/** Seconds since the epoch, as Prometheus wants times; undefined for none. */
export function timestamp(instant: string | Date | undefined): number | undefined {
  return instant === undefined ? undefined : new Date(instant).getTime() / 1000;
}
