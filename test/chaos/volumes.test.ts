import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtin } from '../../src/platform/kube/resource.ts';
import { apply, podsOf, presenceCluster } from '../e2e/presence-cluster.ts';
import { applyNamespace, connect, deleteNamespace, getCluster } from '../support/live-cluster.ts';
import { freeVolumes } from './free-volumes.ts';
import { settled, type Victim, worst } from './redis-under-fire.ts';
import { WriterPod } from './writer-pod.ts';

/** Pods start, load their data, meet at their new addresses, and roles settle, on a machine that is busy. */
const WHOLE_AGAIN_SECONDS = 90;

const namespace = 'chaos-volumes';
const client = connect();
const victim: Victim = { client, namespace, name: 'kept' };
let writer: WriterPod;

beforeAll(async () => {
  await applyNamespace(client, namespace);
  await apply(
    client,
    presenceCluster(namespace, 'kept', {
      scaling: { mode: 'Off' },
      presence: { replicas: 0 },
      redis: { storage: { type: 'Claim', size: '1Gi', storageClassName: 'standard' } },
    }),
  );
  await settled(victim, 120);
  writer = await WriterPod.start(client, namespace, 'kept');
  await writer.recovered(30);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 120);
  await freeVolumes(namespace);
  await client.close();
});

describe('a Redis Cluster with volumes', () => {
  it('is whole again, at new addresses and with every acknowledged write, after all its pods are deleted at once', async () => {
    const pods = await podsOf(client, namespace, 'kept', 'redis');
    expect(pods).toHaveLength(6);
    await writer.begin();
    const startedMs = performance.now();
    await Promise.all(
      pods.map(({ metadata }) =>
        client.delete(builtin.Pod, namespace, metadata.name, { gracePeriodSeconds: 1 }),
      ),
    );
    const lanes = await writer.recovered(WHOLE_AGAIN_SECONDS);
    await settled(victim, WHOLE_AGAIN_SECONDS);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`all pods deleted: write gap ${worst(lanes).gapMs} ms, steady after ${seconds} s`);
    expect(worst(await writer.report()).lost).toEqual([]);
    const { status } = await getCluster(client, namespace, 'kept');
    expect(status?.redis?.slotsCovered).toBe(16384);
    const after = await podsOf(client, namespace, 'kept', 'redis');
    const addresses = new Set(pods.map(({ status }) => status?.podIP));
    expect(after.filter(({ status }) => addresses.has(status?.podIP))).toEqual([]);
  });
});
