import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { FleetCost } from '../../domain/autoscaling/cost/fleet-cost.ts';
import type { HoldFloor } from '../../domain/autoscaling/decide.ts';
import type { Demand } from '../../domain/autoscaling/demand.ts';
import type { SeenLoad } from '../../domain/autoscaling/redis/expected-connections.ts';
import type { ZoneDataInUse } from '../../domain/calendar/zones/zone-data-age.ts';
import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { ObservedTopology } from '../../domain/topology/observed.ts';
import type { Claim } from '../../domain/volumes/claim.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { AclSecret } from '../credentials/acl-secret.ts';
import type { TlsState } from '../credentials/tls-secrets.ts';
import type { CertificateWatch } from '../redis/certificate-watch.ts';
import type { FailoverEntry } from '../redis/failover-log.ts';
import type { RefusedGrowth } from '../redis/refused-growth.ts';
import type { KnownAttempts } from '../redis/renewal-attempts.ts';
import type { RunningConfig } from '../redis/server-config.ts';
import type { SloView } from '../slo/cluster-slo.ts';
import type { Pod } from './pod.ts';
import type { ObjectWarning } from './pod-cause.ts';

/** A Deployment or StatefulSet as far as it is read. */
export type Workload = KubeObject & {
  spec: { replicas?: number; template: unknown; paused?: boolean; minReadySeconds?: number };
  status?: {
    observedGeneration?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    updatedReplicas?: number;
    replicas?: number;
    updateRevision?: string;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      lastTransitionTime?: string;
    }[];
  };
};

/** What the caches say of one PresenceCluster at one instant. */
export interface CachedState {
  now: Date;
  cluster: PresenceCluster;
  weddings: Wedding[];
  /** RolloutOverrides that name it, open or not. */
  overrides: RolloutOverride[];
  /** Children by `Kind/name`, of every kind but Pod and Secret. */
  children: ReadonlyMap<string, KubeObject>;
  redisPods: Pod[];
  /** Of the Redis pods, with those that no pod uses. */
  claims: readonly Claim[];
  presencePods: Pod[];
  /** Redis pods that cannot end because their node is lost. */
  lostPods: Pod[];
}

/** What this process knows of the load of one PresenceCluster, and of what else decides the number of its presence pods. */
export interface LoadState {
  /** Forecast, bookings and reported load; undefined in the modes that do not use it. */
  demand: Demand | undefined;
  /** What Redis must be large enough for, in the modes that use the load. */
  seenLoad: SeenLoad | undefined;
  /** Pod-hours beside those of other autoscalers, in the modes that use the load. */
  fleetCost: FleetCost | undefined;
  /** How the objectives are met; undefined before this process knows. */
  slo: SloView | undefined;
  /** Connections by the name of the presence pod, as last reported; undefined in the modes that do not use the load. */
  connections: ReadonlyMap<string, number> | undefined;
  /** Why the bookings may be out of date: a WeddingCalendar was not fresh for longer than it may. */
  bookingsStale: string | undefined;
  /** Kind and name of another autoscaler that writes the number of presence pods. */
  conflictingAutoscaler: string | undefined;
  /** The highest number of presence pods that a HoldReplicas request asks for now. */
  holdFloor: HoldFloor | undefined;
}

/** Everything that the number of presence pods is decided from; reading it needs no Redis node. */
export interface ScalingState extends CachedState, LoadState {}

/** Everything that a reconcile decides from. Only `observe` in presence-cluster/observe.ts puts it together. */
export interface Observed extends ScalingState {
  topology: ObservedTopology;
  /** The newest Warning of `Kind/name`, of objects whose own status does not say what is wrong with them. */
  warnings: ReadonlyMap<string, ObjectWarning>;
  /** What the Redis servers report of their configuration. */
  runningConfig: RunningConfig;
  /** What each Redis server serves of `tls`. Empty where neither clients nor the bus use TLS. */
  certificateServers: Awaited<ReturnType<CertificateWatch['look']>>;
  /** The Secret of the Redis users. */
  aclSecret: AclSecret;
  /** The certificates of the Redis servers; undefined where neither clients nor the bus use TLS. */
  tls: TlsState | undefined;
  /** A sentence: why the Secret with the key that signs tokens cannot be used. */
  signingProblem: string | undefined;
  /** What the API server refused while the Secrets were read or made, before anything was decided. */
  refusedSecrets: readonly Error[];
  /** Names of the Kubernetes nodes that take Redis pods; undefined when Nodes cannot be watched. */
  schedulableNodes: () => readonly string[] | undefined;
  /** Growth of claims that the API server refused a short while ago, by uid of the claim. */
  refusedGrowth: ReturnType<RefusedGrowth['known']>;
  /** Replicas that this process has renewed so that primaries can be spread. */
  renewals: KnownAttempts;
  /** Why no slots may be moved, because of a key that is too big, and until when. */
  moveRefused: { readonly because: string; readonly until: Date } | undefined;
  /** The last failover after a death that this operator made; undefined when it has made none since it started. */
  lastFailover: FailoverEntry | undefined;
  /** Kinds that the operator cannot watch until a person repairs it, each with the reason. */
  unwatchedKinds: readonly string[];
  /** The IANA time zone data of this process. */
  zoneData: ZoneDataInUse;
  /** Whether there is a Lease by which the admission policies tell the time. */
  freezeClock: LeaseState;
}

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
