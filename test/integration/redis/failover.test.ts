import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { TopologyPlan } from '../../../src/domain/topology/plan.ts';
import type { FailoverReport } from '../../../src/operator/redis/cluster-prober.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { LocalProber } from '../../support/local-prober.ts';
import { HUNG_AFTER_MS, type TestPod, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
/** Gossip takes twice this; what happens sooner is the prober's doing. */
const NODE_TIMEOUT_MS = 60_000;
/** Three probes with their time-outs, an election, and room for a loaded machine: gossip has not even begun by then. */
const BOUND_SECONDS = 45;
const PATIENCE_SECONDS = 60;
/** Of a probe, where a primary that stands still for a while is not to be replaced for that. */
const NEVER_SILENT_MS = 30_000;
/** A server that a loaded machine keeps waiting gets its answer to the prober out too late, or its vote to the replica. */
const TOO_LATE = /^no answer in time$|has not become the primary within/;

describe.each([
  { engine: 'valkey' as const, server: tools.valkeyServer },
  { engine: 'redis' as const, server: tools.redisServer },
])('the failover prober on six $engine processes', { timeout: TIMEOUT_MS }, ({ engine, server }) => {
  let cluster: TopologyCluster;
  let prober: LocalProber | undefined;
  afterEach(async () => {
    prober?.stop();
    prober = undefined;
    await cluster.close();
  });

  interface Watched {
    readonly plan: TopologyPlan;
    readonly reports: FailoverReport[];
    /** From now on the prober acts. Before, a server that a loaded machine keeps waiting would lose its role too early. */
    readonly act: () => void;
    /** What is reported of the failovers of one shard; a loaded machine may cause others. */
    readonly of: <K extends 'Asked' | 'Done' | 'Failed'>(
      shard: number,
      kind: K,
    ) => Extract<FailoverReport, { kind: K }>[];
  }

  async function watched(probeTimeoutMs?: number): Promise<Watched> {
    const config = { 'cluster-node-timeout': String(NODE_TIMEOUT_MS) };
    cluster = await TopologyCluster.start(server, config, HUNG_AFTER_MS);
    const plan = await cluster.converge();
    const reports: FailoverReport[] = [];
    let acts = false;
    prober = new LocalProber(cluster, { engine, reports, mayAct: () => acts, probeTimeoutMs });
    prober.start();
    await eventually({ what: 'every pod has answered', withinSeconds: PATIENCE_SECONDS }, async () =>
      prober?.isWarm(),
    );
    const act = () => {
      acts = true;
    };
    const of: Watched['of'] = (shard, kind) =>
      reports.filter(
        (report): report is Extract<FailoverReport, { kind: typeof kind }> =>
          report.kind === kind && report.failover.shard === shard,
      );
    return { plan, reports, act, of };
  }

  async function saysPrimary(replica: TestPod): Promise<boolean> {
    return String(await cluster.send(replica, 'ROLE')).startsWith('master');
  }

  async function isPrimary(replica: TestPod): Promise<void> {
    await eventually({ what: 'the replica is the primary', withinSeconds: BOUND_SECONDS }, () =>
      saysPrimary(replica),
    );
  }

  it.each(['kill', 'pause'] as const)(
    'replaces a primary after a %s long before gossip would',
    async (how) => {
      const { act, of, plan } = await watched();
      const primary = cluster.find(plan, 1, 'primary');
      const replica = cluster.find(plan, 1, 'replica');
      act();
      if (how === 'kill') await primary.process.kill();
      else primary.process.pause();
      await isPrimary(replica);
      const late = () => of(1, 'Failed').filter(({ reason }) => TOO_LATE.test(reason)).length;
      // Where the answer was late, nobody knows by whose word it became the primary.
      const told = await eventually({ what: 'it is reported', withinSeconds: PATIENCE_SECONDS }, async () =>
        late() > 0 ? of(1, 'Asked') : of(1, 'Done').length > 0 && of(1, 'Done'),
      );
      expect(told[0]).toMatchObject({
        failover: { from: primary.pod.pod, to: replica.pod.pod, mode: 'Force', cause: 'Silent' },
      });
      expect(of(1, 'Asked').length).toBeLessThanOrEqual(1 + late());
      primary.process.resume();
    },
  );

  it('lets the replica take over from a primary that has come back at once and empty', async () => {
    const { act, of, plan } = await watched();
    const primary = cluster.find(plan, 0, 'primary');
    const replica = cluster.find(plan, 0, 'replica');
    await cluster.send(primary, 'SET', '{3560}', 'kept');
    await cluster.replicated(primary);
    act();
    // The container is not back before the election is over: where a voter stands still, the replica would follow the empty primary.
    await cluster.restartEmpty(
      primary,
      async () => of(0, 'Asked').length > 0 && (await saysPrimary(replica)),
    );
    await isPrimary(replica);
    await cluster.converge();
    expect(await cluster.send(replica, 'GET', '{3560}')).toBe('kept');
  });

  it('does nothing when it reaches no majority, and says why', async () => {
    const { act, reports, plan } = await watched();
    const [first, second] = [cluster.find(plan, 0, 'primary'), cluster.find(plan, 1, 'primary')];
    first.process.pause();
    second.process.pause();
    act();
    const held = await eventually(
      { what: 'it says why it waits', withinSeconds: PATIENCE_SECONDS },
      // The third may be late as well on a loaded machine; and before, one that was late may have been waited for by another guard.
      async () =>
        reports.find(
          (report) => report.kind === 'Held' && /only [01] of 3 primaries answer/.test(report.because),
        ),
    );
    expect(held.kind).toBe('Held');
    await delay(1000);
    expect(reports.filter(({ kind }) => kind === 'Asked')).toEqual([]);
    // As soon as one of them runs again there is a majority, and it would be right to replace the other.
    first.process.resume();
    second.process.resume();
  });

  it('hands over from a primary whose pod terminates, unless the server does so by itself', async () => {
    const { act, of, plan } = await watched(NEVER_SILENT_MS);
    const primary = cluster.find(plan, 2, 'primary');
    prober?.terminate(primary.pod.pod);
    act();
    if (engine === 'valkey') {
      await delay(1000);
      expect(of(2, 'Asked')).toEqual([]);
      return;
    }
    await isPrimary(cluster.find(plan, 2, 'replica'));
    expect(of(2, 'Asked')[0]).toMatchObject({
      failover: { from: primary.pod.pod, mode: 'Graceful', cause: 'Terminating' },
    });
  });
});
