import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { TopologyPlan } from '../../../src/domain/topology/plan.ts';
import type { FailoverReport } from '../../../src/operator/redis/cluster-prober.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { LocalProber } from '../../support/local-prober.ts';
import { TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 180_000;
/** Gossip takes twice this; what happens sooner is the prober's doing. */
const NODE_TIMEOUT_MS = 15_000;
/** Three probes with their time-outs, an election, and room for a loaded machine: gossip has not even begun by then. */
const BOUND_MS = 12_000;
const PATIENCE_SECONDS = 30;

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
    readonly done: () => Promise<FailoverReport>;
  }

  async function watched(): Promise<Watched> {
    cluster = await TopologyCluster.start(server, { 'cluster-node-timeout': String(NODE_TIMEOUT_MS) });
    const plan = await cluster.converge();
    const reports: FailoverReport[] = [];
    prober = new LocalProber(cluster, { engine, reports });
    prober.start();
    await eventually({ what: 'every pod has answered', withinSeconds: PATIENCE_SECONDS }, async () =>
      prober?.isWarm(),
    );
    const done = () =>
      eventually({ what: 'a failover is done', withinSeconds: BOUND_MS / 1000 }, async () =>
        reports.find(({ kind }) => kind === 'Done'),
      );
    return { plan, reports, done };
  }

  it.each(['kill', 'pause'] as const)(
    'replaces a primary after a %s long before gossip would',
    async (how) => {
      const { done, reports, plan } = await watched();
      const primary = cluster.find(plan, 1, 'primary');
      const replica = cluster.find(plan, 1, 'replica');
      if (how === 'kill') await primary.process.kill();
      else primary.process.pause();
      const report = await done();
      expect(report).toMatchObject({
        failover: { shard: 1, from: primary.pod.pod, to: replica.pod.pod, mode: 'Force', cause: 'Silent' },
      });
      expect(reports.filter(({ kind }) => kind === 'Asked')).toHaveLength(1);
      expect(String(await cluster.send(replica, 'ROLE'))).toContain('master');
      primary.process.resume();
    },
  );

  it('lets the replica take over from a primary that has come back at once and empty', async () => {
    const { done, plan } = await watched();
    const primary = cluster.find(plan, 0, 'primary');
    const replica = cluster.find(plan, 0, 'replica');
    await cluster.send(primary, 'SET', '{3560}', 'kept');
    await cluster.replicated(primary);
    await cluster.restartEmpty(primary);
    await done();
    await cluster.converge();
    expect(await cluster.send(replica, 'GET', '{3560}')).toBe('kept');
  });

  it('does nothing when it reaches no majority, and says why', async () => {
    const { reports, plan } = await watched();
    const [first, second] = [cluster.find(plan, 0, 'primary'), cluster.find(plan, 1, 'primary')];
    first.process.pause();
    second.process.pause();
    const held = await eventually(
      { what: 'it says why it waits', withinSeconds: PATIENCE_SECONDS },
      async () => reports.find(({ kind }) => kind === 'Held'),
    );
    expect(held).toMatchObject({ because: expect.stringContaining('only 1 of 3 primaries answer') });
    await delay(1000);
    expect(reports.filter(({ kind }) => kind === 'Asked')).toEqual([]);
    // As soon as one of them runs again there is a majority, and it would be right to replace the other.
    first.process.resume();
    second.process.resume();
  });

  it('hands over from a primary whose pod terminates, unless the server does so by itself', async () => {
    const { reports, done, plan } = await watched();
    const primary = cluster.find(plan, 2, 'primary');
    prober?.terminate(primary.pod.pod);
    if (engine === 'valkey') {
      await delay(1000);
      expect(reports.filter(({ kind }) => kind === 'Asked')).toEqual([]);
      return;
    }
    expect(await done()).toMatchObject({
      failover: { shard: 2, from: primary.pod.pod, mode: 'Graceful', cause: 'Terminating' },
    });
  });
});
