import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { ObservedTopology } from '../../domain/topology/observed.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Pod } from '../pod.ts';

/** A Deployment or StatefulSet as far as it is read. */
export type Workload = KubeObject & {
  spec: { replicas?: number; template: unknown };
  status?: {
    observedGeneration?: number;
    readyReplicas?: number;
    replicas?: number;
    updateRevision?: string;
  };
};

/** Everything a decision about one PresenceCluster is made from. */
export interface Observed {
  now: Date;
  cluster: PresenceCluster;
  weddings: Wedding[];
  /** Children by `Kind/name`, of every kind but Pod and Secret. */
  children: ReadonlyMap<string, KubeObject>;
  redisPods: Pod[];
  presencePods: Pod[];
  topology: ObservedTopology;
  signingProblem?: string;
}

export function childKey(object: { kind: string; metadata: { name: string } }): string {
  return `${object.kind}/${object.metadata.name}`;
}
