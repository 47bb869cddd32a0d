import { type AdminLogin, createRedisAdmin } from '../../platform/redis/admin.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import {
  ClusterProber,
  type FailoverReport,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
  type ProbeTargets,
} from './cluster-prober.ts';
import type { FailoverLog } from './failover-log.ts';

/** One PresenceCluster whose Redis is to be probed. */
export interface ProbedCluster {
  /** namespace/name */
  readonly key: string;
  /** Of the Redis user `operator`; the same object as long as it is the same. */
  readonly login: AdminLogin;
  /** Number of pods, for the budget of probes. */
  readonly pods: number;
}

export interface FailoverProberOptions {
  readonly clusters: () => readonly ProbedCluster[];
  readonly targets: (key: string) => ProbeTargets;
  readonly failovers: (key: string) => FailoverLog;
  readonly mayAct: () => boolean;
  readonly report: (key: string, report: FailoverReport) => void;
  readonly clock: Clock;
}

/** How often the list of PresenceClusters is refreshed. */
const REFRESH_MS = 1_000;
/** Probes per second over all clusters; with more pods each pod is probed less often. */
const MAX_PROBES_PER_SECOND = 1_000;

/**
 * Watches the primaries of every PresenceCluster in a loop of its own, outside the work queue, and makes failovers
 * faster than gossip would. Without it, or while it may not act, gossip does the same within twice the node time-out.
 */
export class FailoverProber implements LeaderTask {
  readonly name = 'redis-failover';
  readonly #options: FailoverProberOptions;
  readonly #probers = new Map<string, { login: AdminLogin; prober: ClusterProber }>();
  #intervalMs = PROBE_INTERVAL_MS;
  #cancel: Cancel = () => {};

  constructor(options: FailoverProberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#refresh();
  }

  async stop(): Promise<void> {
    this.#cancel();
    for (const { prober } of this.#probers.values()) prober.stop();
    this.#probers.clear();
  }

  #refresh(): void {
    const { clusters, clock } = this.#options;
    const wanted = clusters();
    const pods = wanted.reduce((sum, cluster) => sum + cluster.pods, 0);
    this.#intervalMs = Math.max(PROBE_INTERVAL_MS, (pods / MAX_PROBES_PER_SECOND) * 1000);
    const keys = new Map(wanted.map(({ key, login }) => [key, login]));
    for (const [key, { login, prober }] of this.#probers) {
      if (keys.get(key) === login) continue;
      prober.stop();
      this.#probers.delete(key);
    }
    for (const [key, login] of keys) {
      if (!this.#probers.has(key)) this.#add(key, login);
    }
    this.#cancel = clock.setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  #add(key: string, login: AdminLogin): void {
    const { targets, failovers, mayAct, report, clock } = this.#options;
    const prober = new ClusterProber({
      admin: createRedisAdmin({
        username: 'operator',
        ...login,
        connectTimeoutMs: PROBE_TIMEOUT_MS,
        commandTimeoutMs: PROBE_TIMEOUT_MS,
      }),
      clock,
      targets: () => targets(key),
      intervalMs: () => this.#intervalMs,
      attempts: () => failovers(key).attempts,
      noteAttempt: (shard, atMs) => failovers(key).noteAttempt(shard, atMs),
      noteDone: (shard, pod, atMs) => failovers(key).noteDone(shard, pod, atMs),
      mayAct,
      report: (news) => report(key, news),
    });
    this.#probers.set(key, { login, prober });
    prober.start();
  }
}
