import { afterEach, describe, expect, it } from 'vitest';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { type DelayedBus, startDelayedBus } from './delayed-bus.ts';
import { type TestPod, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
/** Nobody gives up a connection on which answers are late: they are held for far less than half of it. */
const CONFIG = { 'cluster-node-timeout': '240000' };
/** The replica-to-be has the latest epoch, as nodes give themselves one when two of them have the same. */
const EPOCHS = [1, 4, 6, 2, 3, 5];
const SLOTS = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
];

describe('a node that takes a replica for a primary, of Valkey', { timeout: TIMEOUT_MS }, () => {
  let cluster: TopologyCluster | undefined;
  let bus: DelayedBus | undefined;

  afterEach(async () => {
    bus?.close();
    await cluster?.close();
  });

  it('believes the replica again once its primary has a new epoch', async () => {
    const made = await TopologyCluster.start(tools.valkeyServer, CONFIG);
    cluster = made;
    const [first, , late, primary, third] = made.pods;
    if (first === undefined || late === undefined || primary === undefined || third === undefined) {
      throw new Error('six pods were started');
    }
    const delayed = await startDelayedBus(late.process);
    bus = delayed;
    await made.send(late, 'CONFIG', 'SET', 'cluster-announce-bus-port', String(delayed.port));
    await form(made, [first, primary, third]);

    delayed.hold();
    await eventually({ what: 'an answer of the old role is held', withinSeconds: 60 }, () =>
      Promise.resolve(delayed.holding() > 0),
    );
    await made.send(late, 'CLUSTER', 'REPLICATE', String(await made.send(primary, 'CLUSTER', 'MYID')));
    await agreed(made);
    delayed.release();
    await eventually({ what: 'the old answer counts', withinSeconds: 60 }, async () => {
      const plan = await made.plan();
      return plan.steps.some(({ kind, pod }) => kind === 'bumpEpoch' && pod === primary.pod.pod);
    });

    expect((await made.converge()).state).toBe('Steady');
  });
});

/** Three primaries with slots, one replica, and the two pods of the test without slots. */
async function form(cluster: TopologyCluster, owners: readonly TestPod[]): Promise<void> {
  for (const [index, pod] of cluster.pods.entries()) {
    await cluster.send(pod, 'CLUSTER', 'SET-CONFIG-EPOCH', String(EPOCHS[index]));
  }
  for (const [index, pod] of owners.entries()) {
    await cluster.send(pod, 'CLUSTER', 'ADDSLOTSRANGE', ...(SLOTS[index] ?? []).map(String));
  }
  const [hub, ...others] = cluster.pods;
  if (hub === undefined) throw new Error('no pods');
  for (const { process } of others) {
    await cluster.send(hub, 'CLUSTER', 'MEET', process.host, String(process.port), String(process.busPort));
  }
  await agreed(cluster);
  for (const [owner, replica] of [
    [owners[0], cluster.pods[1]],
    [owners[2], cluster.pods[5]],
  ]) {
    if (owner === undefined || replica === undefined) throw new Error('no pod');
    await cluster.send(replica, 'CLUSTER', 'REPLICATE', String(await cluster.send(owner, 'CLUSTER', 'MYID')));
  }
  await agreed(cluster);
}

async function agreed(cluster: TopologyCluster): Promise<void> {
  await eventually({ what: 'all nodes agree', withinSeconds: 60 }, async () => {
    const nodes = await cluster.agreed();
    return nodes.every(({ table }) => table.length === cluster.pods.length);
  });
}
