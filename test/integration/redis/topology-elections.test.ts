import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { ENGINES } from '../../../src/domain/topology/engine.ts';
import { ATTEMPT_HOLD_MS, OLD_VOTES_MARGIN_MS } from '../../../src/domain/topology/failover.ts';
import { NODE_TIMEOUT_MS } from '../../../src/domain/topology/server-config.ts';
import type { FailoverReport } from '../../../src/operator/redis/cluster-prober.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { LocalProber } from '../../support/local-prober.ts';
import { reachable, type TestPod, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 120_000;
const NODE_TIMEOUT = NODE_TIMEOUT_MS.Standard;
/** Of a loaded machine; far from the node time-outs that are told apart. */
const ROOM_MS = 5_000;
/** When the server's clock of a vote began is known to this. */
const BLUR_MS = 500;

describe.each([
  { engine: 'valkey' as const, server: tools.valkeyServer },
  { engine: 'redis' as const, server: tools.redisServer },
])('a $engine replica that was elected and is a replica again', { timeout: TIMEOUT_MS }, (given) => {
  const traits = ENGINES[given.engine];
  let cluster: TopologyCluster;
  afterEach(() => cluster.close());

  async function isPrimary(pod: TestPod): Promise<boolean> {
    return String(await cluster.send(pod, 'ROLE')).startsWith('master');
  }

  /** Asks again as the prober does; gives when the replica was the primary. */
  async function promote(replica: TestPod, ...mode: string[]): Promise<number> {
    let askedMs = Number.NEGATIVE_INFINITY;
    await eventually({ what: `${replica.pod.pod} is the primary`, withinSeconds: 60 }, async () => {
      if (await isPrimary(replica)) return true;
      if (performance.now() - askedMs < ATTEMPT_HOLD_MS) return false;
      askedMs = performance.now();
      await cluster.send(replica, 'CLUSTER', 'FAILOVER', ...mode);
      return false;
    });
    return performance.now();
  }

  /** The replica was elected, its primary is back in its place, and hangs. */
  async function electedBefore(
    beforeHang = async () => {},
  ): Promise<{ primary: TestPod; replica: TestPod; electedMs: number }> {
    cluster = await TopologyCluster.start(given.server, { 'cluster-node-timeout': String(NODE_TIMEOUT) });
    const plan = await cluster.converge();
    const [primary, replica] = [cluster.find(plan, 0, 'primary'), cluster.find(plan, 0, 'replica')];
    const electedMs = await promote(replica, 'FORCE');
    await cluster.converge();
    await promote(primary);
    await cluster.converge();
    await beforeHang();
    primary.process.pause();
    return { primary, replica, electedMs };
  }

  it('stands again after as many node time-outs as the table says, and has the votes of all, when not asked before', async () => {
    const { primary, replica, electedMs } = await electedBefore();
    // As the operator waits.
    const margin = traits.countsOldVotesFor > 0 ? OLD_VOTES_MARGIN_MS : 0;
    const mayBeAskedMs = electedMs + traits.countsOldVotesFor * NODE_TIMEOUT + margin;
    await delay(Math.max(0, mayBeAskedMs - performance.now()));
    const askedMs = performance.now();

    const againMs = await promote(replica, 'FORCE');

    const dueMs = Math.max(askedMs, electedMs + traits.restsBetweenElections * NODE_TIMEOUT);
    console.log(`${given.engine}: stands again ${Math.round(againMs - electedMs)} ms after its election`);
    expect(againMs).toBeGreaterThan(dueMs - BLUR_MS);
    expect(againMs).toBeLessThan(dueMs + ROOM_MS);
    primary.process.resume();
    const after = await cluster.converge();
    expect(after.shards[0]?.primary).toBe(replica.pod.pod);
  });

  if (traits.countsOldVotesFor === 0) return;
  it('is a primary of an old epoch when it is asked before', async () => {
    const { primary, replica } = await electedBefore();
    await promote(replica, 'FORCE');
    const nodes = await cluster.look();
    const epochs = [primary, replica].map(({ process }) => {
      const rows = reachable(nodes).find(({ pod }) => pod === replica.pod.pod)?.table ?? [];
      return rows.find(({ address }) => address.port === process.port)?.configEpoch ?? Number.NaN;
    });
    expect(epochs[1]).toBeLessThan(epochs[0] ?? Number.NaN);
  });

  it('is not asked by an operator that has just begun to look', async () => {
    const reports: FailoverReport[] = [];
    const { replica } = await electedBefore(async () => {
      const prober = new LocalProber(cluster, { engine: given.engine, reports });
      onTestFinished(() => prober.stop());
      prober.start();
      await eventually({ what: 'every pod has answered', withinSeconds: 5 }, async () => prober.isWarm());
    });
    const failed = await eventually({ what: 'it does not ask', withinSeconds: 5 }, async () =>
      reports.find(({ kind }) => kind === 'Failed'),
    );
    expect(failed).toMatchObject({ reason: expect.stringContaining('may have been elected') });
    expect(await isPrimary(replica)).toBe(false);
  });
});
