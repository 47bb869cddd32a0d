import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { FleetCost } from '../../domain/autoscaling/cost/fleet-cost.ts';
import type { HoldFloor } from '../../domain/autoscaling/decide.ts';
import type { Demand } from '../../domain/autoscaling/demand.ts';
import type { SeenLoad } from '../../domain/autoscaling/redis/expected-connections.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { ObservedTopology } from '../../domain/topology/observed.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { AclSecret } from '../credentials/acl-secret.ts';
import type { TlsState } from '../credentials/tls-secrets.ts';
import type { CertificateWatch } from '../redis/certificate-watch.ts';
import type { FailoverEntry } from '../redis/failover-log.ts';
import type { KnownAttempts } from '../redis/renewal-attempts.ts';
import type { RunningConfig } from '../redis/server-config.ts';
import type { Pod } from './pod.ts';

/** A Deployment or StatefulSet as far as it is read. */
export type Workload = KubeObject & {
  spec: { replicas?: number; template: unknown; paused?: boolean };
  status?: {
    observedGeneration?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    replicas?: number;
    updateRevision?: string;
    conditions?: { type: string; status: string; reason?: string; lastTransitionTime?: string }[];
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
  /** Names of the Kubernetes nodes that take Redis pods; undefined when Nodes cannot be watched. */
  schedulableNodes?: () => readonly string[] | undefined;
  /** Replicas that this process has renewed so that primaries can be spread. */
  renewals?: KnownAttempts;
  /** Why no slots are to be moved, because of a key that was too big, and until when. */
  moveRefused?: { readonly because: string; readonly until: Date };
  /** Redis pods that cannot end because their node is lost. */
  lostPods?: Pod[];
  signingProblem?: string;
  /** Version of the IANA time zone data of this process. */
  zoneData?: string;
  /** Kinds that the operator cannot watch until somebody repairs it, each with the reason. */
  unseen?: readonly string[];
  /** The Secret of the Redis users. */
  aclSecret?: AclSecret;
  /** The certificates of the Redis servers; absent where neither clients nor the bus use TLS. */
  tls?: TlsState;
  /** What each server serves of them. */
  certificateServers?: Awaited<ReturnType<CertificateWatch['look']>>;
  /** What the Redis servers say of their configuration. */
  runningConfig?: RunningConfig;
  /** What is known of the load; absent in the modes that do not look at it. */
  demand?: Demand;
  /** What Redis must be large enough for, where the load is looked at. */
  seenLoad?: SeenLoad;
  /** Why the bookings may be out of date: a WeddingCalendar that was not fresh for too long. */
  bookingsStale?: string;
  /** Pod-hours beside those of other autoscalers, where the load is looked at. */
  fleetCost?: FleetCost;
  /** Connections by the name of the presence pod, as last reported. */
  connections?: ReadonlyMap<string, number>;
  /** Somebody else who writes the number of presence pods. */
  foreignScaler?: string;
  /** The highest number of presence pods that a HoldReplicas request asks for now. */
  holdFloor?: HoldFloor;
  /** The last failover after a death that this operator made; absent when it has made none since it started. */
  lastFailover?: FailoverEntry;
}

/** What the caches and this process say, without asking a Redis node. */
export type CachedState = Omit<Observed, 'topology'>;

/** The Deployment of the presence pods, undefined before it is made. */
export function presenceDeployment({
  cluster,
  children,
}: Pick<Observed, 'cluster' | 'children'>): Workload | undefined {
  return children.get(`Deployment/${childName.presence(cluster.metadata.name)}`) as Workload | undefined;
}

export function childKey(object: { kind: string; metadata: { name: string } }): string {
  return `${object.kind}/${object.metadata.name}`;
}
