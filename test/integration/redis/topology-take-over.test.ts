import { afterEach, describe, expect, it } from 'vitest';
import type { TopologyPlan } from '../../../src/domain/topology/plan.ts';
import { NODE_TIMEOUT_MS as SHIPPED_NODE_TIMEOUT_MS } from '../../../src/domain/topology/server-config.ts';
import { SLOT_COUNT } from '../../../src/domain/topology/slots.ts';
import type { Step, TakeOverStep } from '../../../src/domain/topology/step.ts';
import { TakeOverWatch } from '../../../src/operator/redis/take-over-watch.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { HUNG_AFTER_MS, type TestPod, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
const NODE_TIMEOUT_MS = 2_000;
/**
 * From the death on, on a busy machine: one node time-out until the peers have lost them, two in which all agree. Kubernetes
 * knows of it at once here.
 */
const SERVED_WITHIN_MS = 3 * NODE_TIMEOUT_MS + 15_000;
const KEY = ['{3560}', '{a1}'] as const;

describe.each([
  { engine: 'Valkey', server: tools.valkeyServer, fault: 'kill' },
  { engine: 'Valkey', server: tools.valkeyServer, fault: 'hang' },
  { engine: 'Redis', server: tools.redisServer, fault: 'kill' },
  { engine: 'Redis', server: tools.redisServer, fault: 'hang' },
] as const)(
  'two of three primaries of $engine that $fault',
  { timeout: TIMEOUT_MS },
  ({ engine, server, fault }) => {
    let cluster: TopologyCluster;
    afterEach(() => cluster.close());

    async function useNodeTimeout(pods: readonly TestPod[], ms: number): Promise<void> {
      for (const pod of pods) await cluster.send(pod, 'CONFIG', 'SET', 'cluster-node-timeout', String(ms));
    }

    async function loseTwo(): Promise<{ before: TopologyPlan; lost: TestPod[] }> {
      cluster = await TopologyCluster.start(server, {}, HUNG_AFTER_MS);
      const before = await cluster.converge();
      const lost = [0, 1].map((shard) => cluster.find(before, shard, 'primary'));
      for (const [shard, entry] of lost.entries()) {
        await cluster.send(entry, 'SET', KEY[shard] ?? '', 'kept');
        await cluster.replicated(entry);
      }
      // From now on only: before, a primary that stands still for a moment would be replaced.
      await useNodeTimeout(cluster.pods, NODE_TIMEOUT_MS);
      // At once: after the first death the other two could elect its replica.
      await Promise.all(
        lost.map(async ({ process }) => (fault === 'kill' ? process.kill() : process.pause())),
      );
      return { before, lost };
    }

    it('are replaced without votes once Kubernetes and Redis have agreed for two node time-outs, and come back', async () => {
      const { before, lost } = await loseTwo();
      for (const entry of lost) entry.down = 'its container does not run';
      const diedMs = performance.now();
      const watch = new TakeOverWatch();
      const modes: string[] = [];
      const choose = (steps: readonly Step[]): readonly Step[] => {
        const wished = steps.filter(
          (step): step is TakeOverStep => step.kind === 'failover' && step.mode === 'TakeOver',
        );
        const confirmed = watch.confirmed({
          steps: wished,
          silent: wished.flatMap((step) => step.lost),
          nowMs: performance.now(),
          nodeTimeoutMs: NODE_TIMEOUT_MS,
        });
        const chosen = steps.filter((step) => !wished.includes(step as TakeOverStep) || step === confirmed);
        modes.push(...chosen.flatMap((step) => (step.kind === 'failover' ? [step.mode] : [])));
        return chosen;
      };

      const plan = await cluster.converge(({ slotsCovered }) => slotsCovered === SLOT_COUNT, choose);

      const tookMs = performance.now() - diedMs;
      console.log(
        `${engine} ${fault}: all slots served ${Math.round(tookMs)} ms after the death, ${modes.join(', ')}`,
      );
      expect(tookMs).toBeGreaterThan(2 * NODE_TIMEOUT_MS);
      expect(tookMs).toBeLessThan(SERVED_WITHIN_MS);
      expect(modes.filter((mode) => mode === 'TakeOver').length).toBeGreaterThan(0);
      for (const shard of [0, 1]) {
        const heir = cluster.find(before, shard, 'replica');
        expect(plan.shards[shard]?.primary).toBe(heir.pod.pod);
        // Until its own view has a majority again, it refuses.
        await eventually({ what: `${heir.pod.pod} serves`, withinSeconds: 60 }, async () => {
          return (await cluster.send(heir, 'GET', KEY[shard] ?? '').catch(() => undefined)) === 'kept';
        });
      }
      await useNodeTimeout(
        cluster.pods.filter((pod) => !lost.includes(pod)),
        SHIPPED_NODE_TIMEOUT_MS.Standard,
      );
      for (const entry of lost) {
        delete entry.down;
        if (fault === 'kill') await entry.process.restart();
        else entry.process.resume();
      }
      await useNodeTimeout(lost, SHIPPED_NODE_TIMEOUT_MS.Standard);
      const after = await cluster.converge();
      expect(after.shards.map(({ primary }) => primary)).toEqual(plan.shards.map(({ primary }) => primary));
      expect(after.shards.map(({ replicas }) => replicas.length)).toEqual([1, 1, 1]);
    });

    it('are left alone while Kubernetes says that they run', async () => {
      await loseTwo();
      const watch: string[] = [];
      const plan = await cluster.converge(
        // In one look on a loaded machine the third may be late as well.
        ({ state, reason }) => state === 'Degraded' && reason.includes('only 1 of 3 primaries answer'),
        (steps) => {
          watch.push(...steps.map(({ kind }) => kind));
          return steps;
        },
      );
      expect(watch).not.toContain('failover');
      expect(plan.reason).toMatch(
        /only 1 of 3 primaries answer, but Kubernetes reports redis-\d-\d as running.* cut off/,
      );
    });
  },
);
