import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { eventually } from '../support/eventually.ts';
import {
  applyNamespace,
  connect,
  deleteNamespace,
  getCluster,
  untilCondition,
} from '../support/live-cluster.ts';
import { apply, everyMonth, presenceCluster } from './presence-cluster.ts';

const namespace = 'e2e-calendar';
const target = { namespace, name: 'peak' };
const client = connect();
const MINUTE_MS = 60_000;
/** The peak must outlast the time to Ready and then end while the test watches. */
const PEAK_MINUTES = 3;

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 120);
  await client.close();
});

type Deployment = KubeObject & { spec: { replicas: number } };

async function replicas(): Promise<number | undefined> {
  const found = await client.get<Deployment>(builtin.Deployment, namespace, 'peak-presence');
  return found?.spec.replicas;
}

describe('presence pods', () => {
  it('are exactly ceil(baseline × season × peak) in the peak, and exactly without peak at its end', async () => {
    const until = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + PEAK_MINUTES * MINUTE_MS);
    const clock = (at: Date) => at.toISOString().slice(11, 16);
    await apply(
      client,
      presenceCluster(namespace, 'peak', {
        scaling: {
          baselineReplicas: 2,
          seasonMultipliers: everyMonth(1.3),
          peaks: [{ from: clock(new Date(Date.now() - MINUTE_MS)), to: clock(until), multiplier: 2.5 }],
        },
      }),
    );
    await eventually(
      { what: '7 = ceil(2 × 1.3 × 2.5) replicas', withinSeconds: 60 },
      async () => (await replicas()) === 7,
    );
    const ready = await untilCondition(client, target, { type: 'Ready', status: 'True' }, PEAK_MINUTES * 60);
    expect(ready.status?.scaling).toMatchObject({ floor: 7, desired: 7, season: 1.3, peak: 2.5 });
    expect(ready.status?.scaling?.nextChange).toMatchObject({
      at: until.toISOString().replace('.000', ''),
      expect: 3,
    });

    await eventually({ what: '3 = ceil(2 × 1.3) replicas', withinSeconds: PEAK_MINUTES * 60 }, async () => {
      const now = Date.now();
      const count = await replicas();
      if (now < until.getTime()) expect(count).toBe(7);
      return count === 3;
    });
    // The boundary itself: the operator wakes for it, it does not poll.
    expect(Date.now() - until.getTime()).toBeLessThan(5000);
  });

  it('are clamped, and the status says so', async () => {
    await apply(
      client,
      presenceCluster(namespace, 'peak', {
        scaling: { baselineReplicas: 50, maxReplicas: 2, seasonMultipliers: everyMonth(1), peaks: [] },
      }),
    );
    const limited = await untilCondition(client, target, { type: 'ScalingLimited', status: 'True' }, 30);
    expect(limited.status?.scaling?.desired).toBe(2);
    expect(limited.status?.conditions?.find(({ type }) => type === 'ScalingLimited')?.reason).toBe(
      'TooManyReplicas',
    );
  });

  it('keep following the last accepted spec while a newer one is not understood', async () => {
    await apply(client, presenceCluster(namespace, 'peak', { timeZone: 'Mars/Olympus_Mons' }));
    const refused = await untilCondition(client, target, { type: 'Accepted', status: 'False' }, 30);
    expect(refused.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      reason: 'UnknownTimeZone',
      message: expect.stringContaining('spec.timeZone'),
    });
    expect(refused.status?.conditions?.find(({ type }) => type === 'RedisAvailable')?.status).toBe('True');
    expect(await replicas()).toBe(2);
    expect((await getCluster(client, namespace, 'peak')).status?.scaling?.desired).toBe(2);
  });
});
