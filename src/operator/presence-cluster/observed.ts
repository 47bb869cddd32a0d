import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { ObservedTopology } from '../../domain/topology/observed.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Pod } from '../pod.ts';
import type { FailoverEntry } from '../redis/failover-log.ts';

/** A Deployment or StatefulSet as far as it is read. */
export type Workload = KubeObject & {
  spec: { replicas?: number; template: unknown; paused?: boolean };
  status?: {
    observedGeneration?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    replicas?: number;
    updateRevision?: string;
  };
};

/** Everything a decision about one PresenceCluster is made from. */
export interface Observed {
  now: Date;
  cluster: PresenceCluster;
  weddings: Wedding[];
  /** RolloutOverrides that name it, open or not. */
  overrides?: RolloutOverride[];
  /** Children by `Kind/name`, of every kind but Pod and Secret. */
  children: ReadonlyMap<string, KubeObject>;
  redisPods: Pod[];
  presencePods: Pod[];
  topology: ObservedTopology;
  signingProblem?: string;
  /** The last failover after a death that this operator made; absent when it has made none since it started. */
  lastFailover?: FailoverEntry;
}

export function childKey(object: { kind: string; metadata: { name: string } }): string {
  return `${object.kind}/${object.metadata.name}`;
}
