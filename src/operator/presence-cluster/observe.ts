import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { ZoneDataInUse } from '../../domain/calendar/zones/zone-data-age.ts';
import { CERTIFICATES_VOLUME } from '../../domain/resources/redis-workload.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { RedisAdmin } from '../../platform/redis/admin.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type ClusterStores, gatherCached, podsToAsk, schedulableNodes } from '../cluster-state/gather.ts';
import type { Observed } from '../cluster-state/observed.ts';
import { isReady, type Pod } from '../cluster-state/pod.ts';
import { warningTargets } from '../cluster-state/warning-targets.ts';
import { ensureSecrets } from '../credentials/secrets.ts';
import type { LeaseClock } from '../freeze-clock/lease-clock.ts';
import { type LoadSources, loadState } from '../load/load-state.ts';
import type { ClusterMemory } from '../memory/cluster-memory.ts';
import { loginFor } from '../memory/redis-connection.ts';
import { certificateFiles } from '../redis/certificate-watch.ts';
import { gatherTopology } from '../redis/gather.ts';
import { readServerConfig } from '../redis/server-config.ts';

export interface ObserveSources {
  stores: ClusterStores;
  client: KubeClient;
  loadSources: LoadSources;
  /** Kinds that cannot be watched until a person repairs it, each with the reason. */
  unwatchedKinds: () => readonly string[];
  /** The IANA time zone data of this process. */
  zoneData: ZoneDataInUse;
  /** The Lease by which the admission policies tell the time. */
  leaseClock: Pick<LeaseClock, 'look'>;
  clock: Clock;
}

/**
 * Everything that a reconcile decides from: the caches, the Secrets, every Redis server and what this process remembers. The only
 * place that makes an {@link Observed}.
 *
 * @returns also the connections to the Redis servers, with the login that the Secrets give
 */
export async function observe(
  { stores, client, loadSources, unwatchedKinds, zoneData, leaseClock, clock }: ObserveSources,
  memory: ClusterMemory,
  cluster: PresenceCluster,
  spec: PresenceClusterSpec,
  signal: AbortSignal,
): Promise<{ observed: Observed; admin: RedisAdmin }> {
  const now = clock.now();
  const cached = gatherCached(stores, cluster, now);
  const { redisPods, presencePods } = cached;
  // A server with an address may be running, with the passwords of the Secret.
  const servers = redisPods.filter(({ status }) => status?.podIP !== undefined);
  const secrets = await memory.secrets.get(
    cluster,
    {
      nowMs: clock.monotonicMs(),
      trouble: [...redisPods, ...presencePods].some((pod) => !isReady(pod)),
    },
    () =>
      ensureSecrets({
        serversRun: servers.length > 0,
        certificatesRun: servers.some(hasCertificates),
        client,
        cluster,
        spec,
        now,
        signal,
      }),
  );
  // Without spec.redis.tls the certificates are those of the bus, and clients connect without TLS.
  const clientsUseTls = spec.redis.tls !== undefined;
  const login = clientsUseTls ? secrets : { redis: secrets.redis };
  const admin = memory.redis.as(loginFor(cluster, login, memory.redis.login));
  const asked = await gatherTopology(admin, podsToAsk(stores, redisPods));
  const runningConfig = await readServerConfig(admin, asked);
  const topology = memory.bans.mark(asked, runningConfig, clock.monotonicMs());
  memory.redisNodes.note(topology, clock.monotonicMs());
  const warnings = await memory.warnings.look(client, cluster.metadata.namespace, warningTargets(cached), {
    now,
    nowMs: clock.monotonicMs(),
    signal,
  });
  const files = certificateFiles(secrets.tls, now, clientsUseTls);
  const observed: Observed = {
    ...cached,
    ...loadState(loadSources, spec, cached),
    topology,
    warnings,
    certificateServers:
      files === undefined ? [] : await memory.certificates.look(admin, topology, files, clock.monotonicMs()),
    runningConfig,
    aclSecret: secrets.redis,
    tls: secrets.tls,
    signingProblem: secrets.signingProblem,
    refusedSecrets: secrets.refused,
    schedulableNodes: () => schedulableNodes(stores),
    renewals: memory.renewals.known(now),
    refusedGrowth: memory.refusedGrowth.known(clock.monotonicMs()),
    moveRefused: memory.moves.held(clock.now()),
    lastFailover: memory.failovers.last,
    unwatchedKinds: unwatchedKinds(),
    zoneData,
    freezeClock: await leaseClock.look(),
  };
  return { observed, admin };
}

/** The server of the pod was started with certificates. */
function hasCertificates({ spec }: Pod): boolean {
  return spec.volumes?.some(({ name }) => name === CERTIFICATES_VOLUME) ?? false;
}
