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
/** The peak must outlast the time to Ready, also on a slow machine, and then end while the test watches. */
const PEAK_MINUTES = 6;
/**
 * From the end of the peak: the operator's pass and a look of this test. On a machine that is loaded a leader may stand still for its
 * renew deadline of 10 s; another one then leads after a lease of 15 s.
 */
const SCALED_WITHIN_MS = 45_000;

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
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
      { what: '7 = ceil(2 × 1.3 × 2.5) replicas', withinSeconds: 120 },
      async () => (await replicas()) === 7,
    );
    const ready = await untilCondition(client, target, { type: 'Ready', status: 'True' }, PEAK_MINUTES * 60);
    expect(ready.status?.scaling).toMatchObject({ floor: 7, desired: 7, season: 1.3, peak: 2.5 });
    expect(ready.status?.scaling?.nextChange).toMatchObject({
      at: until.toISOString().replace('.000', ''),
      expect: 3,
    });

    const inThePeak = new Set<number | undefined>();
    const patience = { what: '3 = ceil(2 × 1.3) replicas', withinSeconds: (PEAK_MINUTES + 1) * 60 };
    await eventually(patience, async () => {
      const count = await replicas();
      if (Date.now() < until.getTime()) inThePeak.add(count);
      return count === 3;
    });
    expect([...inThePeak]).toEqual([7]);
    expect(Date.now() - until.getTime()).toBeLessThan(SCALED_WITHIN_MS);
  });

  it('are clamped, and the status says so', async () => {
    await apply(
      client,
      presenceCluster(namespace, 'peak', {
        scaling: { baselineReplicas: 50, maxReplicas: 2, seasonMultipliers: everyMonth(1), peaks: [] },
      }),
    );
    const limited = await untilCondition(client, target, { type: 'ScalingLimited', status: 'True' }, 90);
    expect(limited.status?.scaling?.desired).toBe(2);
    // Another controller gives the Deployment its number.
    await eventually({ what: '2 replicas', withinSeconds: 90 }, async () => (await replicas()) === 2);
    expect(limited.status?.conditions?.find(({ type }) => type === 'ScalingLimited')?.reason).toBe(
      'TooManyReplicas',
    );
  });

  it('keep following the last accepted spec while a newer one is not understood', async () => {
    await apply(client, presenceCluster(namespace, 'peak', { timeZone: 'Mars/Olympus_Mons' }));
    const refused = await untilCondition(client, target, { type: 'Accepted', status: 'False' }, 90);
    expect(refused.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      reason: 'UnknownTimeZone',
      message: expect.stringContaining('spec.timeZone'),
    });
    // A server that answers late is away for one look.
    await untilCondition(client, target, { type: 'RedisAvailable', status: 'True' }, 90);
    expect(await replicas()).toBe(2);
    expect((await getCluster(client, namespace, 'peak')).status?.scaling?.desired).toBe(2);
  });
});
