import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { REDIS_GRACE_SECONDS } from '../../api/workload/pods.ts';
import { childName } from './child-names.ts';
import { containerResources, DEFAULT_REDIS_RESOURCES } from './container-resources.ts';
import { childMetadata, type Manifest, selectorLabels, standardLabels } from './manifest.ts';
import { restrictedContainer, restrictedPod } from './pod-security.ts';
import { type PodTemplate, withPodSettings } from './pod-settings.ts';
import { REDIS_BUS_PORT, REDIS_PORT } from './ports.ts';
import { ACL_FILE, passwordKey, REPLICATION_AUTH_FILE } from './redis-acl-secret.ts';
import { claimTemplates } from './redis-claims.ts';
import {
  REDIS_CONFIG_FILE,
  REDIS_CONFIG_PATH,
  REDIS_DATA_PATH,
  REDIS_SECRET_PATH,
  REDIS_TLS_PATH,
} from './redis-paths.ts';
import { TLS_KEYS } from './redis-tls.ts';

/** Name of the volume with the certificates. */
export const CERTIFICATES_VOLUME = 'tls';
/** User of the official images. */
const REDIS_USER = 999;
/** A pod on a lost node is given up after this long; the default is 300 s. */
const LOST_NODE_SECONDS = 30;
/** Longer than cluster-node-timeout plus a stall; never the cluster state, or a healthy pod would be restarted while a peer is down. */
const LIVENESS = { periodSeconds: 10, timeoutSeconds: 4, failureThreshold: 3 } as const;
const STARTUP = { periodSeconds: 1, timeoutSeconds: 4, failureThreshold: 120 } as const;
/** A process that hangs is unready for Kubernetes after 8 s at most; a take-over without votes counts from the first probe that failed. */
const READINESS = { periodSeconds: 3, timeoutSeconds: 2, failureThreshold: 2 } as const;

export interface RedisImage {
  image: string;
  serverBinary: string;
  cliBinary: string;
  /** Options that bound how long it connects, where it has any. */
  cliTimeout: readonly string[];
  pullSecrets: string[];
  /** Certificates are mounted for the bus, whatever `spec.redis.tls` says for clients. */
  securesBus?: boolean;
  /**
   * Seconds between the deletion of a pod and SIGTERM, in which the operator moves the primary away; left out for a server that
   * hands over by itself.
   */
  handOverSeconds?: number;
}

/**
 * The StatefulSet of one shard, named NAME-redis-SHARD, with `1 + replicasPerShard` pods. The ordinal never
 * tells which pod is primary. `OnDelete`: the operator, which knows the roles, decides which pod is renewed when.
 */
export function redisShardStatefulSet(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  shard: number,
  configMapName: string,
  image: RedisImage,
): Manifest {
  const cluster = owner.metadata.name;
  const name = childName.redisShard(cluster, shard);
  const shardLabel = { [LABEL.shard]: String(shard) };
  const { storage } = spec.redis;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: childMetadata(owner, name, 'redis', { labels: shardLabel }),
    spec: {
      serviceName: childName.redis(cluster),
      replicas: 1 + spec.redis.replicasPerShard,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: storage.retention ?? 'Retain',
        whenScaled: 'Retain',
      },
      selector: { matchLabels: { ...selectorLabels(cluster, 'redis'), ...shardLabel } },
      template: withPodSettings(
        {
          metadata: { labels: { ...standardLabels(cluster, 'redis'), ...shardLabel } },
          spec: podSpec(cluster, spec, shardLabel, configMapName, image),
        },
        spec,
        'redis',
        selectorLabels(cluster, 'redis'),
      ),
      ...claimTemplates(storage),
    },
  };
}

function podSpec(
  cluster: string,
  spec: PresenceClusterSpec,
  shardLabel: Record<string, string>,
  configMapName: string,
  image: RedisImage,
): PodTemplate['spec'] {
  const peers = { ...selectorLabels(cluster, 'redis') };
  return {
    serviceAccountName: childName.redis(cluster),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: REDIS_GRACE_SECONDS,
    securityContext: restrictedPod(REDIS_USER),
    ...(image.pullSecrets.length ? { imagePullSecrets: image.pullSecrets.map((name) => ({ name })) } : {}),
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { ...peers, ...shardLabel } },
          },
        ],
        // Not a second spread constraint: the scheduler scores no node that lacks one of their keys, so without zone
        // labels both would be dead.
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: 'topology.kubernetes.io/zone',
              labelSelector: { matchLabels: { ...peers, ...shardLabel } },
            },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: peers },
      },
    ],
    tolerations: ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: LOST_NODE_SECONDS,
    })),
    containers: [container(cluster, spec, image)],
    volumes: [
      {
        name: 'config',
        projected: {
          sources: [configMapName, childName.redisLiveConfig(cluster)].map((name) => ({
            configMap: { name },
          })),
        },
      },
      {
        name: 'acl',
        secret: {
          secretName: childName.redisAcl(cluster),
          items: [ACL_FILE, REPLICATION_AUTH_FILE].map((key) => ({ key, path: key })),
        },
      },
      ...(hasCertificates(spec, image) ? [tlsVolume(cluster)] : []),
      ...(spec.redis.storage.type === 'EmptyDir' ? [{ name: 'data', emptyDir: {} }] : []),
    ],
  };
}

function hasCertificates(spec: PresenceClusterSpec, image: RedisImage): boolean {
  return spec.redis.tls !== undefined || image.securesBus === true;
}

function tlsVolume(cluster: string): object {
  const items = Object.values(TLS_KEYS).map((key) => ({ key, path: key }));
  return { name: CERTIFICATES_VOLUME, secret: { secretName: childName.redisTls(cluster), items } };
}

function container(
  cluster: string,
  spec: PresenceClusterSpec,
  image: RedisImage,
): PodTemplate['spec']['containers'][number] {
  const { tls } = spec.redis;
  const encrypted =
    tls === undefined ? [] : ['--tls', '--cacert', `${REDIS_TLS_PATH}/${TLS_KEYS.authorities}`];
  const ping = (...flags: string[]) => ({
    exec: {
      command: [image.cliBinary, ...flags, ...image.cliTimeout, ...encrypted, '--user', 'probe', 'ping'],
    },
  });
  return {
    name: 'redis',
    image: image.image,
    command: [image.serverBinary],
    args: [`${REDIS_CONFIG_PATH}/${REDIS_CONFIG_FILE}`, '--cluster-announce-ip', '$(POD_IP)'],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      {
        name: 'REDISCLI_AUTH',
        valueFrom: { secretKeyRef: { name: childName.redisAcl(cluster), key: passwordKey('probe') } },
      },
    ],
    ports: [
      { name: 'redis', containerPort: REDIS_PORT },
      { name: 'bus', containerPort: REDIS_BUS_PORT },
    ],
    // Without -e an error reply (LOADING, MASTERDOWN) counts as an answer: such a server must not be restarted.
    startupProbe: { ...ping(), ...STARTUP },
    livenessProbe: { ...ping(), ...LIVENESS },
    readinessProbe: { ...ping('-e'), ...READINESS },
    // The images have no shell that could ask for a failover, and a replica must be asked, not this server.
    ...(image.handOverSeconds
      ? { lifecycle: { preStop: { sleep: { seconds: image.handOverSeconds } } } }
      : {}),
    resources: containerResources(spec.redis.resources ?? DEFAULT_REDIS_RESOURCES),
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'config', mountPath: REDIS_CONFIG_PATH, readOnly: true },
      { name: 'acl', mountPath: REDIS_SECRET_PATH, readOnly: true },
      ...(hasCertificates(spec, image)
        ? [{ name: CERTIFICATES_VOLUME, mountPath: REDIS_TLS_PATH, readOnly: true }]
        : []),
      { name: 'data', mountPath: REDIS_DATA_PATH },
    ],
  };
}
