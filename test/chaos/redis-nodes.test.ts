import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { apply, presenceCluster } from '../e2e/presence-cluster.ts';
import { applyNamespace, connect, deleteNamespace } from '../support/live-cluster.ts';
import { cutOff, joinAgain, killOperator, powerOff, powerOn, signalRedis } from './faults.ts';
import { leaderNode, leaderPod, settled, type Victim, worst } from './redis-under-fire.ts';
import { WriterPod } from './writer-pod.ts';

const NODE_TIMEOUT_MS = 5_000;
/** Stated limits for a machine that is busy with other things. */
const BOUND_MS = {
  /** Gossip alone, or the operator that leads next: a lease is longer. */
  operatorDied: 2 * NODE_TIMEOUT_MS + 1_000,
  node: 6_000,
};
const AWAY_MS = 20_000;
const SETTLES_WITHIN_SECONDS = 120;
/** A kubelet starts, and with it every pod of the node. */
const NODE_SETTLES_WITHIN_SECONDS = 240;

const namespace = 'chaos-nodes';
const client = connect();
const victim: Victim = { client, namespace, name: 'spread' };
let writer: WriterPod;
let restore: () => Promise<void> = async () => {};

beforeAll(async () => {
  await applyNamespace(client, namespace);
  await apply(
    client,
    presenceCluster(namespace, 'spread', { scaling: { mode: 'Off' }, presence: { replicas: 0 } }),
  );
  await settled(victim, SETTLES_WITHIN_SECONDS);
  writer = await WriterPod.start(client, namespace, 'spread');
  await writer.recovered(30);
});
afterEach(async () => {
  await restore();
  restore = async () => {};
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 120);
  await client.close();
});

/** A node with a primary and without the leading operator: what an operator that is cut off does is another row. */
async function nodeOfAPrimary(): Promise<string> {
  const shards = await settled(victim, SETTLES_WITHIN_SECONDS);
  const leader = await leaderNode();
  const node = shards.map(({ primary }) => primary.spec.nodeName).find((name) => name !== leader);
  if (node === undefined) throw new Error('every primary is beside the operator');
  return node;
}

describe('a Redis Cluster over three nodes, under writes on every shard', () => {
  it('outlives a node that is cut off from all others, and takes it back', async () => {
    const node = await nodeOfAPrimary();
    await writer.begin();
    await cutOff(node);
    restore = () => joinAgain(node);
    const { gapMs, lost } = worst(await writer.recovered(40));
    console.log(`node cut off: write gap ${gapMs} ms`);
    expect(lost).toEqual([]);
    expect(gapMs).toBeLessThan(BOUND_MS.node);
    await delay(AWAY_MS);
    await restore();
    await settled(victim, NODE_SETTLES_WITHIN_SECONDS);
    expect(worst(await writer.report()).lost).toEqual([]);
  });

  it('outlives a node without power, and takes it back', async () => {
    const node = await nodeOfAPrimary();
    await writer.begin();
    await powerOff(node);
    restore = () => powerOn(node);
    const { gapMs, lost } = worst(await writer.recovered(40));
    console.log(`node without power: write gap ${gapMs} ms`);
    expect(lost).toEqual([]);
    expect(gapMs).toBeLessThan(BOUND_MS.node);
    await delay(AWAY_MS);
    const startedMs = performance.now();
    await restore();
    await settled(victim, NODE_SETTLES_WITHIN_SECONDS);
    console.log(`node with power again: whole after ${Math.round((performance.now() - startedMs) / 1000)} s`);
    expect(worst(await writer.report()).lost).toEqual([]);
  });

  // The last: until the next operator leads, the status tells what was before.
  it('outlives the operator and a primary that are killed in the same second', async () => {
    const [first] = await settled(victim, SETTLES_WITHIN_SECONDS);
    if (first === undefined) throw new Error('no shard');
    const leader = await leaderPod();
    await writer.begin();
    await Promise.all([killOperator(leader), signalRedis(first.primary, 'STOP')]);
    restore = () => signalRedis(first.primary, 'CONT');
    const { gapMs, lost } = worst(await writer.recovered(40));
    console.log(`operator killed, primary hung: write gap ${gapMs} ms`);
    expect(lost).toEqual([]);
    expect(gapMs).toBeLessThan(BOUND_MS.operatorDied);
    await restore();
    await settled(victim, SETTLES_WITHIN_SECONDS);
    expect(worst(await writer.report()).lost).toEqual([]);
  });
});
