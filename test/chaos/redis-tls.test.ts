import { describe, expect, it } from 'vitest';
import { builtin } from '../../src/platform/kube/resource.ts';
import { apply, podsOf, presenceCluster } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { getCluster, TEST_MANAGER, untilCondition } from '../support/live-cluster.ts';
import { signalRedis } from './faults.ts';
import { settled, wholeShards, worst } from './redis-under-fire.ts';
import { underWrites } from './under-writes.ts';

const SETTLES_WITHIN_SECONDS = 60;
/** What without TLS is the bound for a kill, and half a second for the handshakes. */
const KILL_BOUND_MS = 3_500;
const KILLS = 3;
/** A kubelet may take two minutes to bring the files. */
const REPLACED_WITHIN_SECONDS = 180;

const fire = underWrites('sealed', { redis: { tls: {} }, presence: { replicas: 1 } });
const { client, namespace } = fire;
const CURRENT = { type: 'CertificatesCurrent', status: 'True' };

describe('a Redis Cluster with TLS, under writes on every shard', () => {
  it('is ready, with presence pods that are connected to it', async () => {
    const ready = { type: 'Ready', status: 'True' };
    const cluster = await untilCondition(client, fire, ready, SETTLES_WITHIN_SECONDS);
    expect(cluster.status?.redis?.certificate?.servedBy).toBe(6);
    await untilCondition(client, fire, CURRENT, 10);
  });

  it(`loses nothing when a primary is killed, ${KILLS} times in a row`, async () => {
    const gaps: number[] = [];
    for (let round = 0; round < KILLS; round++) {
      const [shard] = await eventually(
        { what: 'a shard is whole', withinSeconds: SETTLES_WITHIN_SECONDS },
        async () => {
          const whole = await wholeShards(fire);
          return whole.length > 0 && whole;
        },
      );
      if (shard === undefined) throw new Error('no shard');
      await fire.writer.begin();
      await signalRedis(shard.primary, 'KILL');
      const { gapMs, errors, lost } = worst(await fire.writer.recovered(30));
      expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
      gaps.push(gapMs);
    }
    console.log(`kill with TLS: write gaps ${gaps.join(', ')} ms`);
    expect(Math.max(...gaps)).toBeLessThan(KILL_BOUND_MS);
  });

  it('has its certificate replaced without a restart and without a lost write', async () => {
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const uids = async () =>
      (await podsOf(client, namespace, 'sealed', 'redis')).map(({ metadata }) => metadata.uid);
    const [before, pods] = [(await getCluster(client, namespace, 'sealed')).status?.redis, await uids()];
    await fire.writer.begin();
    // Damaged by hand: the operator puts another one there.
    const data = { 'tls.crt': Buffer.from('nothing').toString('base64') };
    await client.patch(
      builtin.Secret,
      namespace,
      'sealed-redis-tls',
      { data },
      { fieldManager: TEST_MANAGER.fieldManager },
    );
    // What was read of a Secret is good for minutes; a change of the PresenceCluster makes the operator look at once.
    const spec = { redis: { tls: {}, profile: 'Fast' }, presence: { replicas: 1 }, scaling: { mode: 'Off' } };
    await apply(client, presenceCluster(namespace, 'sealed', spec));
    await eventually(
      { what: 'another is served by all', withinSeconds: REPLACED_WITHIN_SECONDS },
      async () => {
        const { certificate } = (await getCluster(client, namespace, 'sealed')).status?.redis ?? {};
        return certificate?.validUntil !== before?.certificate?.validUntil && certificate?.servedBy === 6;
      },
    );
    await untilCondition(client, fire, CURRENT, 30);
    const { errors, lost } = worst(await fire.writer.report());
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect((await uids()).sort()).toEqual(pods.sort());
  });
});
