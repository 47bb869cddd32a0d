import { afterAll, describe, expect, it } from 'vitest';
import { builtin } from '../../src/platform/kube/resource.ts';
import { podsOf } from '../e2e/presence-cluster.ts';
import { getCluster } from '../support/live-cluster.ts';
import { freeVolumes } from './free-volumes.ts';
import { settled, worst } from './redis-under-fire.ts';
import { underWrites } from './under-writes.ts';

/** Pods start, load their data, meet at their new addresses, and roles settle, on a machine that is busy. */
const WHOLE_AGAIN_SECONDS = 90;

// Registered first, it runs last: a volume is free when its claim is gone.
afterAll(() => freeVolumes('chaos-kept'));
const fire = underWrites('kept', {
  redis: { storage: { type: 'Claim', size: '1Gi', storageClassName: 'standard', retention: 'Delete' } },
});
const { client, namespace } = fire;

describe('a Redis Cluster with volumes', () => {
  it('is whole again, at new addresses and with every acknowledged write, after all its pods are deleted at once', async () => {
    const pods = await podsOf(client, namespace, 'kept', 'redis');
    expect(pods).toHaveLength(6);
    await fire.writer.begin();
    const startedMs = performance.now();
    await Promise.all(
      pods.map(({ metadata }) =>
        client.delete(builtin.Pod, namespace, metadata.name, { gracePeriodSeconds: 1 }),
      ),
    );
    const lanes = await fire.writer.recovered(WHOLE_AGAIN_SECONDS);
    await settled(fire, WHOLE_AGAIN_SECONDS);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`all pods deleted: write gap ${worst(lanes).gapMs} ms, steady after ${seconds} s`);
    expect(worst(await fire.writer.report()).lost).toEqual([]);
    const { status } = await getCluster(client, namespace, 'kept');
    expect(status?.redis?.slotsCovered).toBe(16384);
    const after = await podsOf(client, namespace, 'kept', 'redis');
    const addresses = new Set(pods.map(({ status }) => status?.podIP));
    expect(after.filter(({ status }) => addresses.has(status?.podIP))).toEqual([]);
  });
});
