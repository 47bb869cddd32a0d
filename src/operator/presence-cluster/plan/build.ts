import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { freezeFloor, freezeParameter } from '../../../domain/freeze/freeze-parameter.ts';
import { childName } from '../../../domain/resources/child-names.ts';
import { DEFAULT_REDIS_RESOURCES, redisMaxmemory } from '../../../domain/resources/container-resources.ts';
import { disruptionBudget } from '../../../domain/resources/disruption-budget.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import { networkPolicies, type OperatorPods } from '../../../domain/resources/network-policies.ts';
import { REDIS_PORT } from '../../../domain/resources/ports.ts';
import { presenceDeployment } from '../../../domain/resources/presence-workload.ts';
import { ACL_FILE, REPLICATION_AUTH_FILE } from '../../../domain/resources/redis-acl-secret.ts';
import { redisConfigMap, redisLiveConfigMap } from '../../../domain/resources/redis-config-map.ts';
import {
  REDIS_CONFIG_PATH,
  REDIS_DATA_PATH,
  REDIS_LIVE_CONFIG_FILE,
  REDIS_SECRET_PATH,
  REDIS_TLS_PATH,
} from '../../../domain/resources/redis-paths.ts';
import { redisShardStatefulSet } from '../../../domain/resources/redis-workload.ts';
import { rolloutFreezeObject } from '../../../domain/resources/rollout-freeze-object.ts';
import { serviceAccount } from '../../../domain/resources/service-account.ts';
import {
  presenceService,
  redisClientService,
  redisHeadlessService,
} from '../../../domain/resources/services.ts';
import { weddingRoster } from '../../../domain/resources/wedding-roster.ts';
import { ENGINE_NAME, ENGINES } from '../../../domain/topology/engine.ts';
import { BUS_PARAMETER, defaultLines, splitConfig } from '../../../domain/topology/live-config.ts';
import { serverConfig } from '../../../domain/topology/server-config.ts';
import type { VolumesPlan } from '../../../domain/volumes/plan-volumes.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { contentHash } from '../../objects/content-hash.ts';
import { type GatedWorkload, gateWorkload, pauseInFlight } from '../rollout/gate-workload.ts';
import { evaluateComponent, type Revision } from '../rollout/revisions.ts';
import type { ClusterDecision } from './decide.ts';
import { withDefaultPriority } from './default-priority.ts';
import { type SecuredBus, securedBus } from './secured-bus.ts';
import { shardsToKeep } from './shards-to-keep.ts';
import { volumesOf } from './volumes.ts';

/** What the operator was installed with: images that a spec without images gets, and how its own pods are known. */
export interface DefaultImages {
  presence: string;
  valkey: string;
  redis: string;
  pullSecrets: string[];
  /** Priority class of pods whose spec names none; absent: that of the Kubernetes cluster. */
  priorityClass?: string;
  /** Absent when the operator is no pod of the Kubernetes cluster. */
  operatorPods?: OperatorPods;
}

export interface Desired {
  /** Owned by field manager `presence-operator`, in the order in which they are applied. */
  manifests: Manifest[];
  /** Owned by field manager `presence-freeze`. */
  freeze: Manifest;
  /** Workloads with what the freeze let through. */
  workloads: GatedWorkload[];
  /** Of the Redis and of the presence pods: whether the spec's goes out, or the last good one comes back. */
  revisions: readonly Revision[];
  /** What the claims of the Redis pods need. */
  volumes: VolumesPlan;
  /** What every Redis server should run with: the lines of its configuration, and defaults that may have been changed and come back. */
  redisConfig: readonly string[];
}

/** Redis' own word for no limit; used when the container has none. */
const UNLIMITED_MEMORY = 0;

/** The prober sees a deletion within a probe or two and asks once; the rest is room for a loaded machine. */
const HAND_OVER_SECONDS = 3;

/** Every object of a PresenceCluster as it should be; pure. */
export function build(
  observed: Observed,
  spec: PresenceClusterSpec,
  decision: ClusterDecision,
  images: DefaultImages,
): Desired {
  // Also its labels and annotations are those of the spec that was accepted.
  const owner = { ...observed.cluster, spec };
  const shards = shardsToKeep(observed, decision, spec.redis.shards);
  const redis = buildRedis(owner, spec, images, { shards, securedBus: securedBus(observed, spec) });
  const presence = presenceDeployment(owner, spec, {
    image: spec.presence.image ?? images.presence,
    pullSecrets: images.pullSecrets,
  });
  const { rolloutHold } = decision;
  // Drains go by the freeze alone.
  const frozen = decision.effectiveFreeze.active;
  const revised = {
    redis: withDefaultPriority(redis.statefulSets, observed, images.priorityClass),
    presence: withDefaultPriority([presence], observed, images.priorityClass),
  } as const;
  const revisions = (['redis', 'presence'] as const).map((component) =>
    evaluateComponent(component, revised[component], { observed, spec, frozen: rolloutHold.active }),
  );
  const workloads = revisions.flatMap((revision) => {
    const manifests = revised[revision.component];
    const siblings = liveWorkloads(manifests, observed);
    return manifests.map((manifest) =>
      gateWorkload(pauseInFlight(manifest, observed, rolloutHold), observed, rolloutHold, revision, siblings),
    );
  });
  return {
    manifests: [
      serviceAccount(owner, spec, 'redis'),
      serviceAccount(owner, spec, 'presence'),
      ...redis.configMaps,
      redisHeadlessService(owner, spec),
      redisClientService(owner, spec),
      presenceService(owner, spec),
      weddingRoster(owner, observed.weddings, observed.now),
      ...disruptionBudgets(owner, spec, frozen),
      ...networkPolicies(owner, spec, images.operatorPods),
      ...workloads.map(({ manifest }) => manifest),
    ],
    freeze: rolloutFreezeObject(
      owner,
      freezeParameter({
        windows: decision.windows,
        freeze: decision.publishedFreeze,
        overrides: decision.overrides,
        floor: Math.max(freezeFloor(spec, protectedPods(decision)), heldPods(observed, spec)),
        now: observed.now,
      }),
    ),
    workloads,
    volumes: volumesOf(observed, spec, decision, workloads),
    revisions,
    redisConfig: redis.lines,
  };
}

/** In a freeze nothing is evicted, whatever the spec says. */
function disruptionBudgets(owner: PresenceCluster, spec: PresenceClusterSpec, frozen: boolean): Manifest[] {
  const components = ['redis', 'presence'] as const;
  return components
    .filter((component) => frozen || spec[component].disruptionBudget.enabled)
    .map((component) => disruptionBudget(owner, component, frozen));
}

function liveWorkloads(manifests: readonly Manifest[], { children }: Observed): Workload[] {
  return manifests.flatMap((each) => (children.get(childKey(each)) as Workload | undefined) ?? []);
}

/** Where the load decides, the pods that it wants are the ones to protect, more or fewer than the calendar's. */
function protectedPods({ scaling }: ClusterDecision): number {
  return scaling.demand === undefined ? scaling.floor : scaling.desired;
}

/** Others may not scale below a number that a request holds either. */
function heldPods({ holdFloor }: Observed, { scaling }: PresenceClusterSpec): number {
  return Math.min(holdFloor?.replicas ?? 0, scaling.maxReplicas);
}

function buildRedis(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  images: DefaultImages,
  { shards, securedBus }: { shards: readonly number[]; securedBus: SecuredBus },
): { configMaps: Manifest[]; statefulSets: Manifest[]; lines: string[] } {
  const engine = ENGINE_NAME[spec.redis.engine];
  const { serverBinary, cliBinary, cliTimeout, failsOverOnSigterm } = ENGINES[engine];
  const securesBus = securedBus !== 'Never';
  const lines = serverConfig({
    engine,
    profile: spec.redis.profile,
    port: REDIS_PORT,
    dataDirectory: REDIS_DATA_PATH,
    aclFile: `${REDIS_SECRET_PATH}/${ACL_FILE}`,
    replicationAuthFile: `${REDIS_SECRET_PATH}/${REPLICATION_AUTH_FILE}`,
    ...(spec.redis.tls === undefined ? {} : { tlsDirectory: REDIS_TLS_PATH }),
    ...(securesBus ? { busDirectory: REDIS_TLS_PATH } : {}),
    maxmemoryBytes: redisMaxmemory(spec.redis.resources ?? DEFAULT_REDIS_RESOURCES) ?? UNLIMITED_MEMORY,
    parameters: spec.redis.parameters ?? {},
  });
  const { live, fixed } = splitConfig(lines);
  const bus = securesBus ? [`${BUS_PARAMETER} ${securedBus === 'Now' ? 'yes' : 'no'}`] : [];
  const config = `${[...fixed, `include ${REDIS_CONFIG_PATH}/${REDIS_LIVE_CONFIG_FILE}`].join('\n')}\n`;
  const configMapName = childName.redisConfig(owner.metadata.name, contentHash(config));
  const image = {
    image: spec.redis.image ?? (spec.redis.engine === 'Valkey' ? images.valkey : images.redis),
    serverBinary,
    cliBinary,
    cliTimeout,
    ...(failsOverOnSigterm ? {} : { handOverSeconds: HAND_OVER_SECONDS }),
    pullSecrets: images.pullSecrets,
    securesBus,
  };
  return {
    lines: [...lines, ...bus, ...defaultLines(spec.redis.parameters ?? {})],
    configMaps: [
      redisConfigMap(owner, configMapName, config),
      redisLiveConfigMap(owner, `${[...live, ...bus].join('\n')}\n`),
    ],
    statefulSets: shards.map((shard) => redisShardStatefulSet(owner, spec, shard, configMapName, image)),
  };
}
