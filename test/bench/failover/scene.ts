import { Cluster } from 'ioredis';
import type { EngineName } from '../../../src/domain/topology/engine.ts';
import type { FailoverReport } from '../../../src/operator/redis/cluster-prober.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { type TestPod, TopologyCluster } from '../../integration/redis/topology-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { LocalProber } from '../../support/local-prober.ts';
import { NumberedWriter } from '../../support/numbered-writer.ts';

/** The profile Standard. */
export const NODE_TIMEOUT_MS = 5_000;
const WRITE_EVERY_MS = 10;
const RECOVERS_WITHIN_SECONDS = 40;
/** Writes that must be answered after a fault before it counts as over. */
const WRITES_UNTIL_OVER = 30;

export interface Outcome {
  readonly gapMs: number;
  readonly errors: number;
  readonly lost: number;
  /** For so long the writer itself stood still at most. */
  readonly stallMs: number;
}

/** Six servers, a client that writes numbers to each shard with the tuned options, and a prober that may be off. */
export class Scene {
  readonly cluster: TopologyCluster;
  readonly #engine: EngineName;
  readonly #client: Cluster;
  readonly #writer: NumberedWriter;
  #prober: LocalProber | undefined;

  private constructor(engine: EngineName, cluster: TopologyCluster) {
    this.#engine = engine;
    this.cluster = cluster;
    const nodes = cluster.pods.map(({ process: { host, port } }) => ({ host, port }));
    this.#client = new Cluster(nodes, tunedClusterOptions({}));
    this.#client.on('error', () => {});
    this.#writer = new NumberedWriter(this.#client);
  }

  static async start(engine: EngineName, server: readonly string[]): Promise<Scene> {
    const cluster = await TopologyCluster.start(server, {
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-allow-reads-when-down': 'yes',
      ...(engine === 'valkey' ? { 'shutdown-on-sigterm': 'failover' } : {}),
    });
    await cluster.converge();
    const scene = new Scene(engine, cluster);
    scene.#writer.start(WRITE_EVERY_MS);
    await scene.#moving();
    return scene;
  }

  async close(): Promise<void> {
    this.prober('off');
    this.#writer.stop();
    this.#client.disconnect();
    await this.cluster.close();
  }

  /** The operator's failover loop; `off`: gossip is alone. */
  prober(state: 'on' | 'off'): void {
    this.#prober?.stop();
    this.#prober = undefined;
    if (state === 'off') return;
    const reports: FailoverReport[] = [];
    this.#prober = new LocalProber(this.cluster, { engine: this.#engine, reports });
    this.#prober.start();
  }

  /** What the clients saw from the start of `event` until every shard takes writes again. */
  async during(event: () => Promise<void>): Promise<Outcome> {
    await eventually({ what: 'a history', withinSeconds: 5 }, async () => this.#prober?.isWarm() ?? true);
    this.#writer.begin();
    await event();
    await this.#moving();
    const stallMs = this.#writer.longestStallMs;
    const lanes = await this.#writer.report();
    return {
      stallMs,
      gapMs: Math.max(...lanes.map(({ longestGapMs }) => longestGapMs)),
      errors: lanes.reduce((sum, { errors }) => sum + errors, 0),
      lost: lanes.reduce((sum, { lost }) => sum + lost.length, 0),
    };
  }

  /** The process that is the primary of the shard now. */
  async primary(shard: number): Promise<TestPod> {
    return this.cluster.find(await this.cluster.plan(), shard, 'primary');
  }

  async #moving(): Promise<void> {
    const before = this.#writer.progress();
    await eventually({ what: 'writes on every shard', withinSeconds: RECOVERS_WITHIN_SECONDS }, async () =>
      this.#writer.progress().every((count, index) => count > (before[index] ?? 0) + WRITES_UNTIL_OVER),
    );
  }
}
