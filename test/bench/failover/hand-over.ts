import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { EngineName } from '../../../src/domain/topology/engine.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { connectAhead } from '../../../src/platform/redis/connect-ahead.ts';
import { TopologyCluster } from '../../integration/redis/topology-cluster.ts';
import { NumberedWriter } from '../../support/numbered-writer.ts';
import { NODE_TIMEOUT_MS } from './scene.ts';

/** Two clients, three shards: 1,000 writes a second in all. */
const WRITE_EVERY_MS = 6;
/** Longer than clients need to learn of a new replica (`slotsRefreshInterval`). */
const LEARNS_MS = 2_500;
const WATCHED_MS = 700;

export interface HandOverRow {
  readonly engine: EngineName;
  /** `on demand`: as ioredis does. `ahead`: as the presence servers do. */
  readonly client: 'on demand' | 'ahead';
  readonly runs: number;
  readonly gapMedianMs: number;
  readonly gapMaxMs: number;
  /** Of the shards that were left alone at that time: what the machine does by itself. */
  readonly othersMedianMs: number;
  readonly othersMaxMs: number;
  readonly errors: number;
  readonly lost: number;
}

interface Gaps {
  readonly own: number[];
  readonly others: number[];
}

/**
 * CLUSTER FAILOVER to a replica that is new to the clients, as in a roll, with both kinds of clients at once: what else goes on
 * on the machine meets both.
 */
export async function handOvers(
  engine: EngineName,
  server: readonly string[],
  runs: number,
): Promise<HandOverRow[]> {
  const cluster = await TopologyCluster.start(server, { 'cluster-node-timeout': String(NODE_TIMEOUT_MS) });
  await cluster.converge();
  const clients = (['on demand', 'ahead'] as const).map((kind) => ({ kind, ...open(cluster, kind) }));
  const gaps = clients.map((): Gaps => ({ own: [], others: [] }));
  const totals = clients.map(() => ({ errors: 0, lost: 0 }));
  for (const { writer } of clients) writer.start(WRITE_EVERY_MS);
  try {
    for (let run = 0; run < runs; run++) {
      const shard = run % 3;
      await cluster.replace(cluster.find(await cluster.converge(), shard, 'replica'), 'blank');
      const heir = cluster.find(await cluster.converge(), shard, 'replica');
      await delay(LEARNS_MS);
      for (const { writer } of clients) writer.begin();
      await cluster.send(heir, 'CLUSTER', 'FAILOVER');
      await delay(WATCHED_MS);
      for (const [index, { writer }] of clients.entries()) {
        const lanes = await writer.report();
        const of = (own: boolean) =>
          lanes.filter((lane) => (lane.shard === shard) === own).map(({ longestGapMs }) => longestGapMs);
        gaps[index]?.own.push(...of(true));
        gaps[index]?.others.push(Math.max(...of(false)));
        for (const { errors, lost } of lanes) {
          Object.assign(totals[index] ?? {}, {
            errors: (totals[index]?.errors ?? 0) + errors,
            lost: (totals[index]?.lost ?? 0) + lost.length,
          });
        }
      }
    }
  } finally {
    for (const { writer, client } of clients) {
      writer.stop();
      client.disconnect();
    }
    await cluster.close();
  }
  return clients.map(({ kind }, index) => ({
    engine,
    client: kind,
    runs,
    gapMedianMs: median(gaps[index]?.own),
    gapMaxMs: Math.max(...(gaps[index]?.own ?? [])),
    othersMedianMs: median(gaps[index]?.others),
    othersMaxMs: Math.max(...(gaps[index]?.others ?? [])),
    ...(totals[index] ?? { errors: 0, lost: 0 }),
  }));
}

function open(
  cluster: TopologyCluster,
  kind: HandOverRow['client'],
): { client: Cluster; writer: NumberedWriter } {
  const nodes = cluster.pods.map(({ process: { host, port } }) => ({ host, port }));
  const client = new Cluster(nodes, tunedClusterOptions({}));
  client.on('error', () => {});
  if (kind === 'ahead') connectAhead(client);
  return { client, writer: new NumberedWriter(client, kind === 'ahead' ? 'ahead' : 'demand') };
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
