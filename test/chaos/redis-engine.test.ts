import { describe, expect, it } from 'vitest';
import { isReady } from '../../src/operator/cluster-state/pod.ts';
import { builtin } from '../../src/platform/kube/resource.ts';
import { podsOf } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { signalRedis } from './faults.ts';
import { settled, worst } from './redis-under-fire.ts';
import { underWrites } from './under-writes.ts';

/** Stated limits for a machine that is busy with other things. */
const BOUND_MS = { deleted: 2_000, kill: 4_000 };
const SETTLES_WITHIN_SECONDS = 90;

const fire = underWrites('seven', { redis: { engine: 'Redis' } });
const { client, namespace } = fire;

describe('Redis 7, which does not hand over at its end', () => {
  it('has pods that pass their probes', async () => {
    await eventually({ what: 'all six are ready', withinSeconds: 30 }, async () => {
      const pods = await podsOf(client, namespace, 'seven', 'redis');
      return pods.length === 6 && pods.every(isReady);
    });
  });

  it('has its primary moved away while the pod terminates', async () => {
    const [first] = await settled(fire, SETTLES_WITHIN_SECONDS);
    await fire.writer.begin();
    await client.delete(builtin.Pod, namespace, first?.primary.metadata.name ?? '', {});
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const { gapMs, errors, lost } = worst(await fire.writer.report());
    console.log(`Redis 7, deleted: write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.deleted);
  });

  it('loses nothing when a primary is killed', async () => {
    const [, second] = await settled(fire, SETTLES_WITHIN_SECONDS);
    if (second === undefined) throw new Error('no shard');
    await fire.writer.begin();
    await signalRedis(second.primary, 'KILL');
    const { gapMs, errors, lost } = worst(await fire.writer.recovered(30));
    console.log(`Redis 7, kill: write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.kill);
  });
});
