import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TopologyPlan } from '../../../src/domain/topology/plan.ts';
import { SLOT_COUNT } from '../../../src/domain/topology/slots.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { settlesWithin } from '../../support/settles-within.ts';
import { introduce } from './redis-cluster-processes.ts';
import { reachable, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
/** Of the look at hung servers: the others answer sooner, on a loaded machine too. */
const LONG_COMMAND_TIMEOUT_MS = 5_000;
/** A key of slot 0 of shard 0's share and one of shard 1's, by their tags. */
const KEY = { shard0: '{3560}', shard1: '{a1}' };

/** Blocks of slots in turn, as no plan of ours would give them out; the shares differ by less than a human's would. */
const BLOCK = 128;

/** What an administrator does: meet, slots, replicas; then waits until it is healthy by its own word. */
async function formByHand(cluster: TopologyCluster): Promise<void> {
  const [first, ...others] = cluster.pods;
  if (first === undefined) throw new Error('no pods');
  for (const [index, pod] of cluster.pods.entries()) {
    // The even ones become primaries. Those that become replicas get the lower epochs; see `bumpEpochSteps`.
    const epoch = 1 + (index % 2 === 0 ? cluster.pods.length : 0) + index;
    await cluster.send(pod, 'CLUSTER', 'SET-CONFIG-EPOCH', String(epoch));
  }
  await introduce(
    first.process,
    others.map(({ process }) => process),
  );
  const primaries = cluster.pods.filter((_, index) => index % 2 === 0);
  for (const [shard, entry] of primaries.entries()) {
    const ranges: string[] = [];
    for (let start = shard * BLOCK; start < SLOT_COUNT; start += primaries.length * BLOCK) {
      ranges.push(String(start), String(start + BLOCK - 1));
    }
    await cluster.send(entry, 'CLUSTER', 'ADDSLOTSRANGE', ...ranges);
  }
  for (const [shard, primary] of primaries.entries()) {
    const id = String(await cluster.send(primary, 'CLUSTER', 'MYID'));
    const replica = cluster.pods[shard * 2 + 1];
    if (replica === undefined) throw new Error('no replica');
    await eventually({ what: 'the replica knows its primary', withinSeconds: 60 }, async () =>
      String(await cluster.send(replica, 'CLUSTER', 'NODES')).includes(id),
    );
    await cluster.send(replica, 'CLUSTER', 'REPLICATE', id);
  }
  await eventually({ what: 'all are healthy and all replicas in sync', withinSeconds: 60 }, async () => {
    const nodes = await cluster.agreed();
    return nodes.every(
      ({ serving, role, linkUp, table }) => serving && (role === 'primary' || linkUp) && table.length === 6,
    );
  });
}

describe.each([
  { engine: 'Valkey', server: tools.valkeyServer },
  { engine: 'Redis', server: tools.redisServer },
])('the topology of six $engine processes', { timeout: TIMEOUT_MS }, ({ server }) => {
  let cluster: TopologyCluster;
  afterEach(() => cluster.close());

  async function formed(): Promise<TopologyPlan> {
    cluster = await TopologyCluster.start(server);
    return cluster.converge();
  }

  it('forms from blank processes, all slots served, all nodes of one mind, primaries on three nodes', async () => {
    cluster = await TopologyCluster.start(server);
    expect(cluster.planFrom(await cluster.wholeLook()).state).toBe('Blank');

    const plan = await cluster.converge();

    expect(plan.slotsCovered).toBe(SLOT_COUNT);
    expect(plan.shards.map((shard) => shard.replicas.map((replica) => replica.linkUp))).toEqual([
      [true],
      [true],
      [true],
    ]);
    const nodes = await cluster.agreed();
    const primaries = nodes.filter((node) => node.role === 'primary');
    expect(new Set(primaries.map((node) => node.configEpoch)).size).toBe(3);
    expect(new Set(primaries.map((node) => node.kubernetesNode)).size).toBe(3);
  });

  it.each([
    { dies: 'after the first step of each set', pick: 0 },
    { dies: 'before all but the last step of each set', pick: -1 },
  ])('forms when the operator dies $dies', async ({ pick }) => {
    cluster = await TopologyCluster.start(server);
    const plan = await cluster.converge(undefined, (steps) =>
      [steps.at(pick)].filter((step) => step !== undefined),
    );
    expect(plan.slotsCovered).toBe(SLOT_COUNT);
    await cluster.agreed();
  });

  it('takes over a healthy cluster that somebody else has formed, without a step', async () => {
    cluster = await TopologyCluster.start(server);
    await formByHand(cluster);
    const nodes = async () =>
      (await cluster.lookAtAll()).map(({ id, role, slots, configEpoch }) => ({
        id,
        role,
        slots,
        configEpoch,
      }));
    const before = await nodes();

    const plan = await cluster.staysSteady();

    expect(plan.slotsCovered).toBe(SLOT_COUNT);
    expect(await nodes()).toEqual(before);
  });

  it('waits with the slots until every pod answers', async () => {
    cluster = await TopologyCluster.start(server);
    await cluster.pods[5]?.process.kill();
    // In one look on a loaded machine others may be late as well.
    const plan = await eventually({ what: 'it is waited for', withinSeconds: 60 }, async () => {
      const next = await cluster.plan();
      expect(next.reason).toContain('redis-2-1 does not answer');
      return next;
    });
    expect(plan).toMatchObject({ state: 'Waiting', steps: [] });
  });

  it('takes a blank pod in the place of a lost replica and forgets the old one', async () => {
    const before = await formed();
    const replica = cluster.find(before, 0, 'replica');
    await cluster.send(cluster.find(before, 0, 'primary'), 'SET', KEY.shard0, 'kept');

    await cluster.replace(replica, 'blank');
    await cluster.converge();

    // A handshake that came to nothing is a row until it times out.
    await expect
      .poll(async () => (await cluster.lookAtAll()).map((node) => node.table.length), { timeout: 60_000 })
      .toEqual([6, 6, 6, 6, 6, 6]);
    await cluster.send(replica, 'READONLY');
    expect(await cluster.send(replica, 'GET', KEY.shard0)).toBe('kept');
  });

  it('lets a replica take the place of a lost primary, and a blank pod its own', async () => {
    const before = await formed();
    const lost = cluster.find(before, 1, 'primary');
    const successor = cluster.find(before, 1, 'replica');
    await cluster.send(lost, 'SET', KEY.shard1, 'kept');
    await cluster.replicated(lost);

    await cluster.replace(lost, 'blank');
    const plan = await cluster.converge();

    expect(plan.shards[1]?.primary).toBe(successor.pod.pod);
    expect(await cluster.send(successor, 'GET', KEY.shard1)).toBe('kept');
  });

  it('heals when all six come back with their data at new addresses', async () => {
    const before = await formed();
    await cluster.send(cluster.find(before, 1, 'primary'), 'SET', KEY.shard1, 'kept');
    await cluster.replicated(cluster.find(before, 1, 'primary'));

    await Promise.all(cluster.pods.map((entry) => entry.process.kill()));
    for (const [index, entry] of cluster.pods.entries()) {
      await cluster.replace(entry, 'kept', `127.0.1.${index + 1}`);
    }
    const plan = await cluster.converge();

    expect(plan.slotsCovered).toBe(SLOT_COUNT);
    expect(await cluster.send(cluster.find(plan, 1, 'primary'), 'GET', KEY.shard1)).toBe('kept');
  });

  it('recovers the slots of a primary whose process came back blank at its own address', async () => {
    const before = await formed();
    const lost = cluster.find(before, 0, 'primary');
    const { host, port } = lost.process;
    await lost.process.kill();
    await emptyDirectory(lost.process.dir);
    await lost.process.restart();

    const plan = await cluster.converge();

    expect(plan.slotsCovered).toBe(SLOT_COUNT);
    expect({ host: lost.process.host, port: lost.process.port }).toEqual({ host, port });
  });

  it('says that data is lost instead of giving the slots of a lost shard out again', async () => {
    const before = await formed();
    for (const role of ['primary', 'replica'] as const) {
      await cluster.find(before, 2, role).process.kill();
    }
    for (const role of ['primary', 'replica'] as const) {
      await cluster.replace(cluster.find(before, 2, role), 'blank');
    }

    const plan = await cluster.converge(
      ({ reason, slotsCovered }) => reason.includes('shard 2 has lost its data') && slotsCovered < SLOT_COUNT,
      (steps) => {
        expect(steps.map((step) => step.kind)).not.toContain('addSlots');
        return steps;
      },
    );

    expect(plan.state).toBe('Degraded');
  });

  it('looks past two hung servers within its timeouts and does nothing rash', async () => {
    // Gossip finds them out later than the look takes.
    const config = { 'cluster-node-timeout': String(10 * LONG_COMMAND_TIMEOUT_MS) };
    cluster = await TopologyCluster.start(server, config, LONG_COMMAND_TIMEOUT_MS);
    const before = await cluster.converge();
    const hung = [cluster.find(before, 0, 'primary'), cluster.find(before, 1, 'replica')];
    for (const entry of hung) {
      entry.process.pause();
    }
    const look = cluster.look();
    // Nothing may be waited for twice.
    expect(await settlesWithin(look, 1.5 * LONG_COMMAND_TIMEOUT_MS)).toBe(true);
    const observed = await look;
    for (const entry of hung) {
      entry.process.resume();
    }

    expect(reachable(observed)).toHaveLength(4);
    expect(cluster.planFrom(observed)).toMatchObject({ state: 'Waiting', steps: [] });
    expect((await cluster.converge()).slotsCovered).toBe(SLOT_COUNT);
  });
});

async function emptyDirectory(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    await rm(join(directory, name), { recursive: true });
  }
}
