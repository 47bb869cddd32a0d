import { ENGINES, type EngineName } from '../../src/domain/topology/engine.ts';
import {
  ClusterProber,
  type FailoverReport,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
} from '../../src/operator/redis/cluster-prober.ts';
import { FailoverLog } from '../../src/operator/redis/failover-log.ts';
import { createRedisAdmin } from '../../src/platform/redis/admin.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import type { TopologyCluster } from '../integration/topology-cluster.ts';

const KEY = 'local/processes';

export interface LocalProberOptions {
  readonly engine: EngineName;
  /** Grows with everything the prober says. */
  readonly reports: FailoverReport[];
}

/** The operator's own prober, on the server processes of a `TopologyCluster`. */
export class LocalProber {
  readonly #prober: ClusterProber;
  readonly #startedMs = systemClock.monotonicMs();
  readonly #terminating = new Set<string>();

  constructor(cluster: TopologyCluster, { engine, reports }: LocalProberOptions) {
    const log = new FailoverLog();
    this.#prober = new ClusterProber({
      admin: createRedisAdmin({
        ...{ username: 'default', password: '' },
        ...{ connectTimeoutMs: PROBE_TIMEOUT_MS, commandTimeoutMs: PROBE_TIMEOUT_MS },
      }),
      clock: systemClock,
      targets: () => ({
        pods: cluster.pods.map(({ pod, process: { host, port } }) => ({
          ...{ pod: pod.pod, shard: pod.shard, endpoint: { host, port } },
          terminating: this.#terminating.has(pod.pod),
        })),
        ...{ shards: 3, engine: ENGINES[engine] },
      }),
      intervalMs: () => PROBE_INTERVAL_MS,
      attempts: () => log.attempts(KEY),
      noteAttempt: (shard, atMs) => log.noteAttempt(KEY, shard, atMs),
      noteDone: (shard, atMs) => log.noteDone(KEY, shard, atMs),
      mayAct: () => true,
      report: (report) => reports.push(report),
    });
  }

  start(): void {
    this.#prober.start();
  }

  stop(): void {
    this.#prober.stop();
  }

  /** Whether every pod has had time for an answer: without a history nothing is judged. */
  isWarm(): boolean {
    return systemClock.monotonicMs() - this.#startedMs > 3 * PROBE_INTERVAL_MS;
  }

  /** From now on the pod has a deletionTimestamp. */
  terminate(pod: string): void {
    this.#terminating.add(pod);
  }
}
