import { ENGINES, type EngineName } from '../../src/domain/topology/engine.ts';
import { NODE_TIMEOUT_MS } from '../../src/domain/topology/server-config.ts';
import {
  ClusterProber,
  type FailoverReport,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
} from '../../src/operator/redis/cluster-prober.ts';
import { FailoverLog } from '../../src/operator/redis/failover-log.ts';
import { createRedisAdmin, type RedisEndpoint } from '../../src/platform/redis/admin.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import type { TopologyCluster } from '../integration/redis/topology-cluster.ts';

const WARM_AFTER_ANSWERS = 3;

export interface LocalProberOptions {
  readonly engine: EngineName;
  /** Grows with everything the prober says. */
  readonly reports: FailoverReport[];
  /** Of the servers; that of the shipped profile when left out. */
  readonly nodeTimeoutMs?: number;
  /** That of the operator when left out. */
  readonly probeTimeoutMs?: number | undefined;
  /** Left out: it may always act. */
  readonly mayAct?: () => boolean;
}

/** The operator's own prober, on the server processes of a `TopologyCluster`. */
export class LocalProber {
  readonly #prober: ClusterProber;
  readonly #terminating = new Set<string>();
  readonly #cluster: TopologyCluster;
  /** Answers of each server, by port. */
  readonly #answers = new Map<number, number>();

  constructor(cluster: TopologyCluster, options: LocalProberOptions) {
    const { engine, reports, nodeTimeoutMs = NODE_TIMEOUT_MS.Standard, mayAct = () => true } = options;
    const { probeTimeoutMs = PROBE_TIMEOUT_MS } = options;
    this.#cluster = cluster;
    const log = new FailoverLog();
    const admin = createRedisAdmin({
      username: 'default',
      password: '',
      connectTimeoutMs: probeTimeoutMs,
      commandTimeoutMs: probeTimeoutMs,
    });
    this.#prober = new ClusterProber({
      admin: {
        ...admin,
        execute: (endpoint, command) => this.#counted(endpoint, admin.execute(endpoint, command)),
      },
      clock: systemClock,
      targets: () => ({
        pods: cluster.pods.map(({ pod, process: { host, port } }) => ({
          pod: pod.pod,
          shard: pod.shard,
          endpoint: { host, port },
          terminating: this.#terminating.has(pod.pod),
        })),
        shards: 3,
        engine: ENGINES[engine],
        nodeTimeoutMs,
      }),
      intervalMs: () => PROBE_INTERVAL_MS,
      attempts: () => log.attempts,
      noteAttempt: (shard, atMs) => log.noteAttempt(shard, atMs),
      noteDone: (shard, pod, atMs) => log.noteDone(shard, pod, atMs),
      mayAct,
      report: (report) => reports.push(report),
    });
  }

  start(): void {
    this.#prober.start();
  }

  stop(): void {
    this.#prober.stop();
  }

  /** Whether every pod has answered a few times: without a history nothing is judged. */
  isWarm(): boolean {
    return this.#cluster.pods.every(
      ({ process }) => (this.#answers.get(process.port) ?? 0) >= WARM_AFTER_ANSWERS,
    );
  }

  async #counted(endpoint: RedisEndpoint, answer: Promise<unknown>): Promise<unknown> {
    const got = await answer;
    this.#answers.set(endpoint.port, (this.#answers.get(endpoint.port) ?? 0) + 1);
    return got;
  }

  /** From now on the pod has a deletionTimestamp. */
  terminate(pod: string): void {
    this.#terminating.add(pod);
  }
}
