import { describe, expect, it } from 'vitest';
import { builtin } from '../../src/platform/kube/resource.ts';
import { apply, podsOf, presenceCluster } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { getCluster } from '../support/live-cluster.ts';
import { signalRedis } from './faults.ts';
import { settled, worst } from './redis-under-fire.ts';
import { NO_PRESENCE, underWrites } from './under-writes.ts';

const NODE_TIMEOUT_MS = 5_000;
/** The readiness probe has failed twice: 3 s apart, 2 s each. Only then Kubernetes agrees that a process hangs. */
const KUBELET_NOTICES_MS = 8_000;
/** Stated limits for a machine that is busy with other things. */
const BOUND_MS = {
  move: 2_000,
  takeOver: KUBELET_NOTICES_MS + 3 * NODE_TIMEOUT_MS + 10_000,
};
const SETTLES_WITHIN_SECONDS = 120;
const SCALES_WITHIN_SECONDS = 180;

const fire = underWrites('grown');
const { client, namespace } = fire;

/** Every slot is served by these shards, evenly, and no other shard has pods. */
async function hasShards(count: number): Promise<void> {
  await eventually({ what: `${count} shards serve`, withinSeconds: SCALES_WITHIN_SECONDS }, async () => {
    const redis = (await getCluster(client, namespace, 'grown')).status?.redis;
    if (redis?.state !== 'Steady' || redis.slotsCovered !== 16_384) {
      throw new Error(`${redis?.state}: ${redis?.message}`);
    }
    const pods = await podsOf(client, namespace, 'grown', 'redis');
    return redis.shards.filter(({ slots }) => slots > 0).length === count && pods.length === count * 2;
  });
}

describe('the shards of a Redis Cluster, under writes on every one', () => {
  it.each([5, 3])('become %i without an error or a lost write', async (shards) => {
    await fire.writer.begin();
    const startedMs = performance.now();
    await apply(client, presenceCluster(namespace, 'grown', { ...NO_PRESENCE, redis: { shards } }));
    await hasShards(shards);
    const { gapMs, errors, lost } = worst(await fire.writer.report());
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`to ${shards} shards: ${seconds} s, write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.move);
  });

  it('outlive two of three primaries that hang, and take them back', async () => {
    const shards = await settled(fire, SETTLES_WITHIN_SECONDS);
    const hung = shards.slice(0, 2).map(({ primary }) => primary);
    await fire.writer.begin();
    for (const pod of hung) await signalRedis(pod, 'STOP');
    fire.undo = async () => {
      // The kubelet may have ended them by its liveness probe.
      await Promise.allSettled(hung.map((pod) => signalRedis(pod, 'CONT')));
    };
    const { gapMs, lost } = worst(await fire.writer.recovered(BOUND_MS.takeOver / 1000));
    console.log(`two of three primaries hang: write gap ${gapMs} ms`);
    expect(lost).toEqual([]);
    expect(gapMs).toBeLessThan(BOUND_MS.takeOver);
    await fire.undo();
    await settled(fire, SETTLES_WITHIN_SECONDS);
    expect(worst(await fire.writer.report()).lost).toEqual([]);
  });

  it('are formed anew when all pods are deleted without volumes, and that keys are lost is a condition', async () => {
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const pods = await podsOf(client, namespace, 'grown', 'redis');
    const startedMs = performance.now();
    await Promise.all(
      pods.map(({ metadata }) =>
        client.delete(builtin.Pod, namespace, metadata.name, { gracePeriodSeconds: 0 }),
      ),
    );
    await eventually({ what: 'the loss is told', withinSeconds: SETTLES_WITHIN_SECONDS }, async () => {
      const { status } = await getCluster(client, namespace, 'grown');
      const told = status?.conditions?.find(({ type }) => type === 'RedisDataIntact');
      return told?.status === 'False' && told.reason === 'SlotsEmptied';
    });
    await settled(fire, SETTLES_WITHIN_SECONDS);
    console.log(`all pods deleted, no volumes: whole after ${Math.round(performance.now() - startedMs)} ms`);
  });
});
