import { setTimeout as delay } from 'node:timers/promises';
import { podEnvironment } from '../../integration/presence/presence-pods.ts';
import { TopologyCluster } from '../../integration/redis/topology-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { LocalProber } from '../../support/local-prober.ts';
import { Driver, type LoadResult, type SilenceResult } from './driver.ts';
import type { Programs } from './programs.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import type { Stack } from './stacks.ts';
import { NODES } from './steady.ts';

export interface RedisDeathOptions {
  readonly programs: Programs;
  readonly secret: string;
  readonly connections: number;
  readonly rate: number;
  /** After the death, with the operator's prober and without it. */
  readonly watchSeconds: { readonly up: number; readonly down: number };
}

/** A primary of the Redis Cluster is killed under a load. */
export interface RedisDeathRow extends SilenceResult {
  readonly scenario: 'redis primary killed';
  readonly server: Stack['name'];
  /** Whether the operator's prober fails the shard over, or gossip is alone. */
  readonly operator: 'up' | 'down';
  readonly connections: number;
  readonly rate: number;
  /** The longest silence of anybody before the death. */
  readonly baselineMs: number;
  /** Updates that were due from before the death to the end. */
  readonly load: LoadResult;
  readonly failures: Readonly<Record<string, number>>;
}

/** The profile Standard. */
const NODE_TIMEOUT_MS = 5_000;
const BEFORE_MS = 3_000;
const CONNECTS_WITHIN_MS = 60_000;
const SLACK_MS = 20_000;
const WARM_WITHIN_SECONDS = 10;
const SHARD = 0;

/** Six processes as the operator configures them; killed ones come back, so several measurements can share it. */
export class RedisUnderFire {
  readonly #cluster: TopologyCluster;

  private constructor(cluster: TopologyCluster) {
    this.#cluster = cluster;
  }

  static async start(valkeyServer: readonly string[]): Promise<RedisUnderFire> {
    const cluster = await TopologyCluster.start(valkeyServer, {
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-allow-reads-when-down': 'yes',
      'shutdown-on-sigterm': 'failover',
    });
    await cluster.converge();
    return new RedisUnderFire(cluster);
  }

  get addresses(): string[] {
    return this.#cluster.pods.map(({ process: { host, port } }) => `${host}:${port}`);
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  /** Kills a primary, with the operator's prober there or not; `after` runs before all is put in order again. */
  async killPrimary<T>(
    operator: 'up' | 'down',
    before: () => Promise<unknown>,
    after: () => Promise<T>,
  ): Promise<T> {
    const prober = new LocalProber(this.#cluster, { engine: 'valkey', reports: [] });
    const primary = this.#cluster.find(await this.#cluster.plan(), SHARD, 'primary');
    try {
      if (operator === 'up') await warm(prober);
      await before();
      await primary.process.kill();
      return await after();
    } finally {
      prober.stop();
      await primary.process.restart();
      await this.#cluster.converge();
    }
  }
}

async function warm(prober: LocalProber): Promise<void> {
  prober.start();
  const history = { what: 'a history of probes', withinSeconds: WARM_WITHIN_SECONDS };
  await eventually(history, async () => prober.isWarm());
}

export async function measureRedisDeath(
  redis: RedisUnderFire,
  server: Stack['name'],
  operator: 'up' | 'down',
  options: RedisDeathOptions,
): Promise<RedisDeathRow> {
  const { programs, secret, connections, rate } = options;
  const watchSeconds = options.watchSeconds[operator];
  const nodes = await Promise.all(
    Array.from({ length: NODES }, () => startOn(redis.addresses, server, programs)),
  );
  const targets = nodes.map((node) => node.address);
  const driver = new Driver({ program: programs.driver, server, targets, secret });
  try {
    await driver.run('connect', { count: connections }, CONNECTS_WITHIN_MS);
    await driver.run('mark', {}, SLACK_MS);
    let baselineMs = 0;
    const begin = async (): Promise<void> => {
      await driver.run('load-start', { rate, seconds: 2 * watchSeconds + 30 }, SLACK_MS);
      await delay(BEFORE_MS);
      baselineMs = await driver.run<number>('fault', {}, SLACK_MS);
    };
    const { silence, load } = await redis.killPrimary(operator, begin, async () => {
      await delay(watchSeconds * 1_000);
      const seen = await driver.run<SilenceResult>('silence-report', {}, SLACK_MS);
      return { silence: seen, load: await driver.run<LoadResult>('load-stop', {}, SLACK_MS) };
    });
    const failures = await driver.run<Record<string, number>>('failures', {}, SLACK_MS);
    return {
      scenario: 'redis primary killed',
      server,
      operator,
      connections,
      rate,
      ...silence,
      baselineMs,
      load,
      failures,
    };
  } finally {
    await driver.close();
    for (const node of nodes) node.kill('SIGKILL');
    await Promise.all(nodes.map((node) => node.exited));
  }
}

function startOn(
  addresses: readonly string[],
  server: Stack['name'],
  programs: Programs,
): Promise<ServerProcess> {
  const program = { ours: programs.ours, 'socket.io': programs.socketIo, ws: programs.bareWs }[server];
  const environment =
    server === 'ours'
      ? podEnvironment(addresses, { PRESENCE_LOG_LEVEL: 'info' })
      : { REDIS_CLUSTER: addresses.join(',') };
  return startServer({ program, probe: programs.probe, environment, flags: [] });
}
