import { Cluster } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { slotOfTag } from '../../../src/domain/presence-state/key-slot.ts';
import { SLOT_COUNT } from '../../../src/domain/topology/slots.ts';
import { MAX_KEY_BYTES } from '../../../src/operator/redis/move-slots.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { NumberedWriter } from '../../support/numbered-writer.ts';
import { ServerStalls } from '../../support/server-stalls.ts';
import { TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 600_000;
const WRITE_EVERY_MS = 5;
/**
 * Less than the node time-out of 5 s, after which a primary is considered dead. The time for which the machine lets a server stand still
 * is left out. What is usual is far less, and is printed.
 */
const GAP_MS = 4_000;
const KEYS = 3_000;

describe.each([
  { engine: 'Valkey', server: tools.valkeyServer },
  { engine: 'Redis', server: tools.redisServer },
])('shards of $engine processes, up and down', { timeout: TIMEOUT_MS }, ({ engine, server }) => {
  let cluster: TopologyCluster;
  let client: Cluster | undefined;
  let stalls: ServerStalls | undefined;
  afterEach(async () => {
    stalls?.stop();
    client?.disconnect();
    client = undefined;
    await cluster.close();
  });

  async function connected(): Promise<Cluster> {
    cluster = await TopologyCluster.start(server);
    await cluster.converge();
    client = new Cluster(
      cluster.pods.map(({ process }) => ({ host: process.host, port: process.port })),
      tunedClusterOptions({}),
    );
    return client;
  }

  async function fill(redis: Cluster): Promise<void> {
    await Promise.all(Array.from({ length: KEYS }, (_, key) => redis.set(`key:${key}`, `value ${key}`)));
  }

  async function missing(redis: Cluster): Promise<number> {
    const values = await Promise.all(Array.from({ length: KEYS }, (_, key) => redis.get(`key:${key}`)));
    return values.filter((value, key) => value !== `value ${key}`).length;
  }

  it('goes from three shards to five and back under writes, without an error or a lost key', async () => {
    const redis = await connected();
    await fill(redis);
    const writer = new NumberedWriter(redis);
    stalls = new ServerStalls(() => cluster.pids());
    writer.start(WRITE_EVERY_MS);
    await eventually({ what: 'all lanes are written', withinSeconds: 60 }, async () =>
      writer.progress().every((count) => count > 10),
    );
    writer.begin();
    for (const shards of [5, 3]) {
      const startedMs = performance.now();
      await cluster.scaleTo(shards);
      const plan = await cluster.converge();
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      expect(plan.slotsCovered).toBe(SLOT_COUNT);
      const counts = plan.shards.slice(0, shards).map(({ slots }) => slots);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan((SLOT_COUNT / shards) * 0.04);
      expect(plan.shards.slice(shards).map(({ slots }) => slots)).toEqual(
        plan.shards.slice(shards).map(() => 0),
      );
      await cluster.removeShards(shards);
      const lanes = await writer.report();
      const gapMs = Math.max(...lanes.map(({ longestGapMs }) => longestGapMs));
      console.log(`${engine} to ${shards} shards: ${seconds} s, longest write gap ${gapMs} ms`);
      expect(lanes.map(({ errors, lost, firstError }) => ({ errors, lost, firstError }))).toEqual(
        lanes.map(() => ({ errors: 0, lost: [], firstError: undefined })),
      );
      for (const { longestGapMs, longestGapFromMs } of lanes) {
        const stoodStillMs = stalls.within(longestGapFromMs, longestGapFromMs + longestGapMs);
        // While this process itself could do nothing, nothing was written.
        expect(longestGapMs - stoodStillMs).toBeLessThan(GAP_MS + writer.longestStallMs);
      }
      expect(await missing(redis)).toBe(0);
      writer.begin();
    }
    writer.stop();
    await cluster.converge();
    const tables = (await cluster.agreed()).map(({ table }) => table.length);
    expect(tables).toEqual([6, 6, 6, 6, 6, 6]);
  });

  it('ends a classic move that an operator has left half-way', async () => {
    const redis = await connected();
    await fill(redis);
    const plan = await cluster.converge();
    const [source, target] = [cluster.find(plan, 0, 'primary'), cluster.find(plan, 1, 'primary')];
    const [sourceId, targetId] = await Promise.all(
      [source, target].map(async (entry) => String(await cluster.send(entry, 'CLUSTER', 'MYID'))),
    );
    const { host, port } = target.process;
    for (const slot of ['10', '11', '12']) {
      await cluster.send(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId ?? '');
      if (slot === '12') continue;
      await cluster.send(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId ?? '');
      const keys = (await cluster.send(source, 'CLUSTER', 'GETKEYSINSLOT', slot, '1')) as string[];
      if (keys[0] !== undefined) await cluster.send(source, 'MIGRATE', host, `${port}`, keys[0], '0', '1000');
    }

    await expect.poll(async () => (await cluster.plan()).state, { timeout: 60_000 }).toBe('Moving');
    await cluster.converge();

    const moves = (await cluster.lookAtAll()).flatMap(({ table }) => table.flatMap((row) => row.moves));
    expect(moves).toEqual([]);
    expect(await missing(redis)).toBe(0);
  });

  it('holds when slots must not move, and says why', async () => {
    await connected();
    await cluster.scaleTo(4, { movesHeld: 'a wedding is on' });
    const plan = await cluster.converge(({ state }) => state === 'Held');
    expect(plan).toMatchObject({ steps: [], slotsCovered: SLOT_COUNT });
    expect(plan.reason).toBe('4096 slots are to be moved to make it 4 shards; not now: a wedding is on');
  });

  // Valkey moves whole slots, whatever a key weighs.
  if (engine !== 'Redis') return;

  it('refuses to move a key that would stop both servers', async () => {
    const redis = await connected();
    const candidates = Array.from({ length: 2_000 }, (_, number) => `big:${number}`).map((key) => ({
      key,
      slot: slotOfTag(key),
    }));
    // Of those that go first: the last of the fullest shard, which is the first one.
    const big = candidates.find(({ slot }) => slot > 5_400 && slot < 5_462);
    if (big === undefined) throw new Error('no key for these slots');
    await redis.set(big.key, 'x'.repeat(MAX_KEY_BYTES + 1));
    const owner = await cluster.ownerOf(big.slot);
    const failures: string[] = [];
    await cluster.scaleTo(4);
    await cluster.converge(
      () => failures.some((message) => message.includes(big.key)),
      undefined,
      (message) => failures.push(message),
    );
    expect(failures.find((message) => message.includes(big.key))).toContain(
      `the key "${big.key}" of slot ${big.slot} on ${owner} has`,
    );
    expect(await cluster.ownerOf(big.slot)).toBe(owner);
    expect(await redis.strlen(big.key)).toBe(MAX_KEY_BYTES + 1);
  });
});
