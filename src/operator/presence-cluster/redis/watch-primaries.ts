import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../../api/v1alpha1/names.ts';
import { REDIS_PORT } from '../../../domain/resources/ports.ts';
import { ENGINE_NAME, ENGINES } from '../../../domain/topology/engine.ts';
import { NODE_TIMEOUT_MS } from '../../../domain/topology/server-config.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import { keyOf } from '../../../platform/runtime/object-key.ts';
import type { ClusterStores } from '../../cluster-state/gather.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import type { RedisAdmins } from '../../cluster-state/redis-admins.ts';
import type { Announcer } from '../../objects/announce.ts';
import type { FailoverReport, ProbeTarget, ProbeTargets } from '../../redis/cluster-prober.ts';
import type { FailoverLog } from '../../redis/failover-log.ts';
import type { FailoverMetrics } from '../../redis/failover-metrics.ts';
import { FailoverProber } from '../../redis/failover-prober.ts';

export interface PrimaryWatchOptions {
  stores: ClusterStores;
  admins: RedisAdmins;
  failovers: FailoverLog;
  announcer: Announcer;
  metrics: FailoverMetrics;
  /** Whether this process is the leader at this very moment. */
  mayAct: () => boolean;
  /** Asks for a pass over the PresenceCluster, so that its status tells at once. */
  look: (key: string) => void;
  clock: Clock;
}

/** The prober over the PresenceClusters in the caches; what it does becomes events, metrics and status. */
export function watchPrimaries(options: PrimaryWatchOptions): FailoverProber {
  const { stores, admins, failovers, mayAct, clock } = options;
  return new FailoverProber({
    clusters: () =>
      stores.clusters.list().flatMap((object) => {
        const key = keyOf(object);
        const login = admins.loginOf(key);
        const isGoing = object.metadata.deletionTimestamp !== undefined;
        return login === undefined || isGoing ? [] : [{ key, login, pods: redisPods(stores, key).length }];
      }),
    targets: (key) => targetsOf(stores, key),
    log: failovers,
    mayAct,
    report: (key, report) => tell(options, key, report),
    clock,
  });
}

function targetsOf(stores: ClusterStores, key: string): ProbeTargets {
  const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
  const { engine = 'Valkey', profile = 'Standard', shards = 0 } = cluster?.spec.redis ?? {};
  // Who votes is who owns slots: while shards come or go, others than the spec asks for.
  const voters = new Set(
    cluster?.status?.redis?.shards.filter(({ slots }) => slots > 0).map(({ index }) => index),
  );
  return {
    pods: redisPods(stores, key)
      .flatMap(targetOf)
      .filter(({ shard }) => shard < shards || voters.has(shard)),
    shards: voters.size > 0 ? voters.size : shards,
    engine: ENGINES[ENGINE_NAME[engine]],
    nodeTimeoutMs: NODE_TIMEOUT_MS[profile],
  };
}

function redisPods(stores: ClusterStores, key: string): Pod[] {
  const [namespace, name = ''] = key.split('/');
  return stores.pods
    .byLabel(LABEL.cluster, name)
    .filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[LABEL.component] === 'redis',
    ) as unknown as Pod[];
}

function targetOf(pod: Pod): ProbeTarget[] {
  const host = pod.status?.podIP;
  if (host === undefined) return [];
  return [
    {
      pod: pod.metadata.name,
      shard: Number(pod.metadata.labels?.[LABEL.shard]),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      endpoint: { host, port: REDIS_PORT },
    },
  ];
}

function tell(options: PrimaryWatchOptions, key: string, report: FailoverReport): void {
  const { stores, announcer, failovers, metrics, look, clock } = options;
  metrics.reported(report);
  const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
  if (cluster === undefined) return;
  switch (report.kind) {
    case 'Asked': {
      const { shard, from, to, because } = report.failover;
      failovers.record(key, { at: clock.now(), shard, from, to, because });
      announcer.event(cluster, 'RedisFailover', `${to} is asked to take over shard ${shard}: ${because}`);
      break;
    }
    case 'Done': {
      const { shard, from, to, because } = report.failover;
      const { milliseconds } = report;
      failovers.record(key, { at: clock.now(), shard, from, to, because, milliseconds });
      announcer.event(
        cluster,
        'RedisFailoverDone',
        `${to} is the primary of shard ${shard}, ${milliseconds} ms after the first sign`,
      );
      break;
    }
    case 'Failed':
      announcer.event(cluster, 'RedisFailoverFailed', report.reason);
      break;
    case 'Held':
      announcer.event(cluster, 'RedisFailoverHeld', report.because);
      break;
    case 'RolesChanged':
      break;
  }
  look(key);
}
