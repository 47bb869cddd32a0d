import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReady } from '../../src/operator/cluster-state/pod.ts';
import { applyNamespace, connect, deleteNamespace, untilCondition } from '../support/live-cluster.ts';
import { apply, podsOf, presenceCluster } from './presence-cluster.ts';

const namespace = 'e2e-reverted';
const name = 'wedsync';
const client = connect();
const READY_WITHIN_SECONDS = 300;
/** The deadline, the kubelet's first tries, and a pod that starts. */
const BACK_WITHIN_SECONDS = 420;
/** Long enough for the kubelet of a busy machine to find out that it cannot pull: until then it says nothing of the image. */
const update = { progressDeadlineSeconds: 90 };

beforeAll(() => applyNamespace(client, namespace));
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
  await client.close();
});

function wanted(images: { redis?: string; presence?: string } = {}) {
  return presenceCluster(namespace, name, {
    redis: { update, ...(images.redis ? { image: images.redis } : {}) },
    presence: { update, ...(images.presence ? { image: images.presence } : {}) },
  });
}

async function allReady(component: 'redis' | 'presence', count: number): Promise<boolean> {
  const pods = await podsOf(client, namespace, name, component);
  return pods.length === count && pods.every(isReady);
}

describe('a revision whose image cannot be pulled', () => {
  it.each(['redis', 'presence'] as const)('of the %s pods is put back', async (component) => {
    const target = { namespace, name };
    await apply(client, wanted());
    await untilCondition(
      client,
      target,
      { type: 'Ready', status: 'True', reason: 'Ready' },
      READY_WITHIN_SECONDS,
    );
    await untilCondition(
      client,
      target,
      { type: 'RolloutReverted', status: 'False', reason: 'NoRolloutReverted' },
      READY_WITHIN_SECONDS,
    );
    await expect
      .poll(() => allReady('redis', 6), { timeout: READY_WITHIN_SECONDS * 1000, interval: 1000 })
      .toBe(true);
    await apply(client, wanted({ [component]: `no-such-${component}:0` }));
    const cluster = await untilCondition(
      client,
      target,
      { type: 'RolloutReverted', status: 'True', reason: 'DeadlineExceeded' },
      BACK_WITHIN_SECONDS,
    );
    const message = cluster.status?.conditions?.find(({ type }) => type === 'RolloutReverted')?.message;
    expect(message).toMatch(/ErrImagePull|ImagePullBackOff/);
    const count = component === 'redis' ? 6 : 2;
    await expect
      .poll(() => allReady(component, count), { timeout: BACK_WITHIN_SECONDS * 1000, interval: 1000 })
      .toBe(true);
    await untilCondition(
      client,
      target,
      { type: 'Ready', status: 'True', reason: 'Ready' },
      BACK_WITHIN_SECONDS,
    );
  });
});
