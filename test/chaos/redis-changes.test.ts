import { describe, expect, it } from 'vitest';
import { imageNames } from '../cluster/versions.ts';
import { apply, podsOf, presenceCluster } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { getCluster, untilCondition } from '../support/live-cluster.ts';
import { otherNameOf } from './faults.ts';
import { kubectl } from './kubectl.ts';
import { settled, worst } from './redis-under-fire.ts';
import { NO_PRESENCE, underWrites } from './under-writes.ts';

/** Stated limits for a machine that is busy with other things. */
const BOUND_MS = { roll: 1_500, rotation: 1_500 };
const SETTLES_WITHIN_SECONDS = 120;
/** Every server that takes both passwords, and two minutes at least for the kubelets' copies. */
const SWITCHES_WITHIN_SECONDS = 240;

const REVERTS_WITHIN_SECONDS = 180;

/** What the pods run now. */
let inUse = '';
const fire = underWrites('changed');
const { client, namespace } = fire;

/** Of each Redis pod. */
async function images(): Promise<string[]> {
  const redis = 'presence.wedsync.io/cluster=changed,app.kubernetes.io/component=redis';
  const pods = ['-n', namespace, 'get', 'pods', '-l', redis];
  return (await kubectl(...pods, '-o', 'jsonpath={.items[*].spec.containers[0].image}')).split(' ');
}

describe('a Redis Cluster that is changed on purpose, under writes on every shard', () => {
  it('gets another image pod by pod without an error', async () => {
    const pods = await podsOf(client, namespace, 'changed', 'redis');
    const [image = ''] = await images();
    inUse = await otherNameOf(image, new Set(pods.map(({ spec }) => spec.nodeName ?? '')));
    await fire.writer.begin();
    const startedMs = performance.now();
    await apply(client, presenceCluster(namespace, 'changed', { ...NO_PRESENCE, redis: { image: inUse } }));
    await eventually({ what: 'every pod has the image', withinSeconds: 180 }, async () => {
      const now = await images();
      return now.length === 6 && now.every((name) => name === inUse);
    });
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const { gapMs, errors, lost } = worst(await fire.writer.report());
    console.log(`image: write gap ${gapMs} ms, ${Math.round((performance.now() - startedMs) / 1000)} s`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.roll);
  });

  it.each([2, 1])('has %i replicas a shard without an error', async (replicasPerShard) => {
    await fire.writer.begin();
    const redis = { image: inUse, replicasPerShard };
    await apply(client, presenceCluster(namespace, 'changed', { ...NO_PRESENCE, redis }));
    await eventually({ what: 'the shards have their pods', withinSeconds: 180 }, async () => {
      const pods = await podsOf(client, namespace, 'changed', 'redis');
      const status = (await getCluster(client, namespace, 'changed')).status?.redis;
      const replicas = status?.shards.map((shard) => shard.replicas.length);
      return (
        pods.length === 3 * (1 + replicasPerShard) &&
        status?.state === 'Steady' &&
        replicas?.every((count) => count === replicasPerShard)
      );
    });
    const { gapMs, errors, lost } = worst(await fire.writer.report());
    console.log(`${replicasPerShard} replicas a shard: write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.roll);
  });

  it('is untouched by an image that is no Redis, and returns to the one before', async () => {
    await settled(fire, SETTLES_WITHIN_SECONDS);
    await fire.writer.begin();
    // It is on every node, and holds no server.
    const redis = { image: imageNames.operator, update: { progressDeadlineSeconds: 30 } };
    await apply(client, presenceCluster(namespace, 'changed', { ...NO_PRESENCE, redis }));
    const reverted = { type: 'RolloutReverted', status: 'True' };
    await untilCondition(client, fire, reverted, REVERTS_WITHIN_SECONDS);
    await settled(fire, SETTLES_WITHIN_SECONDS);
    const { errors, lost } = worst(await fire.writer.report());
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(new Set(await images())).toEqual(new Set([inUse]));
  });

  it('gets new passwords without an error, a closed connection or a restarted pod', async () => {
    const before = (await podsOf(client, namespace, 'changed', 'redis')).map(({ metadata }) => metadata.uid);
    await fire.writer.begin();
    await kubectl(
      ...['-n', namespace, 'annotate', 'presencecluster', 'changed'],
      'presence.wedsync.io/rotate-credentials=once',
    );
    const rotating = { type: 'CredentialsCurrent', status: 'False', reason: 'Rotating' };
    await untilCondition(client, { namespace, name: 'changed' }, rotating, 30);
    await eventually(
      { what: 'the new passwords are in use', withinSeconds: SWITCHES_WITHIN_SECONDS },
      async () => {
        const secret = await kubectl('-n', namespace, 'get', 'secret', 'changed-redis-acl', '-o', 'json');
        return Buffer.from(JSON.parse(secret).data['rotation.json'] ?? '', 'base64')
          .toString()
          .includes('Switched');
      },
    );
    const { gapMs, errors, lost } = worst(await fire.writer.recovered(30));
    console.log(`new passwords: write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.rotation);
    const after = (await podsOf(client, namespace, 'changed', 'redis')).map(({ metadata }) => metadata.uid);
    expect(after.sort()).toEqual(before.sort());
  });
});
