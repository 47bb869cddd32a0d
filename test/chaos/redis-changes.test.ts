import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, podsOf, presenceCluster } from '../e2e/presence-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { applyNamespace, connect, deleteNamespace, untilCondition } from '../support/live-cluster.ts';
import { otherNameOf } from './faults.ts';
import { kubectl } from './kubectl.ts';
import { settled, type Victim, worst } from './redis-under-fire.ts';
import { WriterPod } from './writer-pod.ts';

/** Stated limits for a machine that is busy with other things. */
const BOUND_MS = { roll: 1_500, rotation: 1_500 };
const SETTLES_WITHIN_SECONDS = 120;
/** Every server that takes both passwords, and two minutes at least for the kubelets' copies. */
const SWITCHES_WITHIN_SECONDS = 240;

const namespace = 'chaos-changes';
const client = connect();
const victim: Victim = { client, namespace, name: 'changed' };
const noPresence = { scaling: { mode: 'Off' }, presence: { replicas: 0 } };
let writer: WriterPod;

beforeAll(async () => {
  await applyNamespace(client, namespace);
  await apply(client, presenceCluster(namespace, 'changed', noPresence));
  await settled(victim, SETTLES_WITHIN_SECONDS);
  writer = await WriterPod.start(client, namespace, 'changed');
  await writer.recovered(30);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 120);
  await client.close();
});

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
    const other = await otherNameOf(image, new Set(pods.map(({ spec }) => spec.nodeName ?? '')));
    await writer.begin();
    const startedMs = performance.now();
    await apply(client, presenceCluster(namespace, 'changed', { ...noPresence, redis: { image: other } }));
    await eventually({ what: 'every pod has the image', withinSeconds: 180 }, async () => {
      const now = await images();
      return now.length === 6 && now.every((name) => name === other);
    });
    await settled(victim, SETTLES_WITHIN_SECONDS);
    const { gapMs, errors, lost } = worst(await writer.report());
    console.log(`image: write gap ${gapMs} ms, ${Math.round((performance.now() - startedMs) / 1000)} s`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.roll);
  });

  it('gets new passwords without an error, a closed connection or a restarted pod', async () => {
    const before = (await podsOf(client, namespace, 'changed', 'redis')).map(({ metadata }) => metadata.uid);
    await writer.begin();
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
    const { gapMs, errors, lost } = worst(await writer.recovered(30));
    console.log(`new passwords: write gap ${gapMs} ms`);
    expect({ errors, lost }).toEqual({ errors: 0, lost: [] });
    expect(gapMs).toBeLessThan(BOUND_MS.rotation);
    const after = (await podsOf(client, namespace, 'changed', 'redis')).map(({ metadata }) => metadata.uid);
    expect(after.sort()).toEqual(before.sort());
  });
});
