import { pausesHealing } from '../../../domain/pause/pause-at.ts';
import { REDIS_PORT } from '../../../domain/resources/ports.ts';
import { ENGINE_NAME, ENGINES } from '../../../domain/topology/engine.ts';
import { NODE_TIMEOUT_MS } from '../../../domain/topology/server-config.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import { keyOf } from '../../../platform/runtime/object-key.ts';
import { isServed } from '../../cluster-state/deletion.ts';
import { type ClusterStores, podsOf } from '../../cluster-state/gather.ts';
import { pauseOf } from '../../cluster-state/pause.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import { shardOf } from '../../cluster-state/pod-identity.ts';
import type { ClusterMemories } from '../../memory/cluster-memory.ts';
import type { ClusterEvents } from '../../objects/cluster-events.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { FailoverReport, ProbeTarget, ProbeTargets } from '../../redis/cluster-prober.ts';
import type { FailoverMetrics } from '../../redis/failover-metrics.ts';
import { FailoverProber } from '../../redis/failover-prober.ts';

export interface PrimaryWatchOptions {
  stores: ClusterStores;
  memories: ClusterMemories;
  events: ClusterEvents;
  metrics: FailoverMetrics;
  /** Whether this process is the leader at this very moment. */
  mayAct: () => boolean;
  /** Enqueues the PresenceCluster, so that its status shows the failover at once. */
  enqueue: (key: string) => void;
  clock: Clock;
}

/** The prober over the PresenceClusters in the caches. Its failovers become events, metrics and status. */
export function watchPrimaries(options: PrimaryWatchOptions): FailoverProber {
  const { stores, memories, mayAct, clock } = options;
  return new FailoverProber({
    clusters: () =>
      stores.clusters.list().flatMap((object) => {
        const key = keyOf(object);
        const login = memories.find(key)?.redis.login;
        const isPaused = pausesHealing(pauseOf(object, clock.now()));
        return login === undefined || !isServed(object) || isPaused
          ? []
          : [{ key, login, pods: redisPods(stores, key).length }];
      }),
    targets: (key) => targetsOf(stores, key),
    failovers: (key) => memories.of(key).failovers,
    mayAct,
    report: (key, report) => record(options, key, report),
    clock,
  });
}

function targetsOf(stores: ClusterStores, key: string): ProbeTargets {
  const cluster = stores.clusters.get(key);
  const { engine = 'Valkey', profile = 'Standard', shards = 0 } = cluster?.spec.redis ?? {};
  // The owners of slots vote: while shards are added or removed, these are not the shards of the spec.
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
  const [namespace = '', name = ''] = key.split('/');
  return podsOf(stores, { namespace, name }, 'redis');
}

function targetOf(pod: Pod): ProbeTarget[] {
  const host = pod.status?.podIP;
  if (host === undefined) return [];
  return [
    {
      pod: pod.metadata.name,
      shard: shardOf(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      endpoint: { host, port: REDIS_PORT },
    },
  ];
}

function record(options: PrimaryWatchOptions, key: string, report: FailoverReport): void {
  const { stores, events, memories, metrics, enqueue, clock } = options;
  metrics.reported(report);
  const cluster = stores.clusters.get(key);
  if (cluster === undefined) return;
  const { failovers } = memories.of(key);
  switch (report.kind) {
    case 'Asked': {
      const { shard, from, to, because } = report.failover;
      failovers.record({ at: clock.now(), shard, from, to, because });
      events.record(cluster, 'RedisFailover', EVENT_NOTES.failover(shard, to, because));
      break;
    }
    case 'Done': {
      const { shard, from, to, because } = report.failover;
      const { milliseconds } = report;
      failovers.record({ at: clock.now(), shard, from, to, because, milliseconds });
      events.record(cluster, 'RedisFailoverDone', EVENT_NOTES.failoverDone(shard, to, milliseconds));
      break;
    }
    case 'Failed':
      events.record(cluster, 'RedisFailoverFailed', report.reason);
      break;
    case 'Held':
      events.record(cluster, 'RedisFailoverHeld', report.because);
      break;
    case 'RolesChanged':
      break;
  }
  enqueue(key);
}
