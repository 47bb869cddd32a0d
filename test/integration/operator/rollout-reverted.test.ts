import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standardLabels } from '../../../src/domain/resources/manifest.ts';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

const QUIET = '2027-06-01T10:00:00Z';
const NAMESPACE = 'reverted';
const DEPLOYMENT = 'Deployment/wedsync-presence';
const SHARDS = [0, 1, 2].map((shard) => `StatefulSet/wedsync-redis-${shard}`);
const DEADLINE_SECONDS = 30;

let world: OperatorWorld;
let operator: RunningOperator;

beforeAll(async () => {
  world = await OperatorWorld.start();
  // A deadline passes when a test lets it pass, not when the machine is slow.
  world.clock.hold(QUIET);
  operator = world.startOperator();
  await world.makeNamespace(NAMESPACE);
}, 600_000);
afterAll(() => world?.close());

function spec(images: { redis: string; presence: string }, more: object = {}) {
  const update = { progressDeadlineSeconds: DEADLINE_SECONDS };
  return {
    redis: { image: images.redis, update },
    presence: { image: images.presence, replicas: 1, update },
    scaling: { mode: 'Off' },
    ...more,
  };
}

const imageOf = (object: KubeObject | undefined) =>
  (object?.spec as { template: { spec: { containers: { image: string }[] } } } | undefined)?.template.spec
    .containers[0]?.image;

async function images(keys: readonly string[]): Promise<(string | undefined)[]> {
  const children = await world.children(NAMESPACE);
  return keys.map((key) => imageOf(children.get(key)));
}

function out(keys: readonly string[], image: string): Promise<unknown> {
  return world.until(`${image} is out`, async () => (await images(keys)).every((each) => each === image));
}

async function states(): Promise<(string | undefined)[]> {
  return (await world.cluster(NAMESPACE)).status?.revisions?.map(({ state }) => state) ?? [];
}

function setStatus(type: ResourceType, name: string, status: object): Promise<unknown> {
  return world.client.patch(type, NAMESPACE, name, { status }, { ...PERSON, subresource: 'status' });
}

/** What the controllers of Kubernetes say of the templates as they are now. */
async function controllers(
  revision: string,
  presence: { readyReplicas: number; late?: boolean },
): Promise<void> {
  const children = await world.children(NAMESPACE);
  const generation = (key: string) => children.get(key)?.metadata.generation;
  for (const key of SHARDS)
    await setStatus(builtin.StatefulSet, key.slice('StatefulSet/'.length), {
      observedGeneration: generation(key),
      updateRevision: revision,
      replicas: 2,
    });
  const { readyReplicas, late = false } = presence;
  const lastTransitionTime = world.clock.now().toISOString();
  await setStatus(builtin.Deployment, 'wedsync-presence', {
    observedGeneration: generation(DEPLOYMENT),
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas,
    conditions: late
      ? [
          {
            type: 'Progressing',
            status: 'False',
            reason: 'ProgressDeadlineExceeded',
            message: 'no progress',
            lastTransitionTime,
            lastUpdateTime: lastTransitionTime,
          },
        ]
      : null,
  });
}

/** What the kubelet says of a pod of a revision. */
async function redisPod(shard: number, ordinal: number, revision: string, ready: boolean): Promise<void> {
  const name = `wedsync-redis-${shard}-${ordinal}`;
  const labels = {
    ...standardLabels('wedsync', 'redis'),
    'presence.wedsync.io/shard': String(shard),
    'controller-revision-hash': revision,
  };
  const containers = [{ name: 'redis', image: 'pause' }];
  await world.client.apply(
    { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels }, spec: { containers } },
    { ...PERSON, force: true },
  );
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  const lastTransitionTime = world.clock.now().toISOString();
  await setStatus(builtin.Pod, name, {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }],
    containerStatuses: ready
      ? null
      : [{ name: 'redis', image: 'x', imageID: '', ready: false, restartCount: 0, state: { waiting } }],
  });
}

async function reverted(): Promise<string | undefined> {
  const { status } = await world.cluster(NAMESPACE);
  return status?.conditions?.find(({ type, status: is }) => type === 'RolloutReverted' && is === 'True')
    ?.message;
}

function later(seconds: number): void {
  world.clock.hold(new Date(world.clock.now().getTime() + seconds * 1000).toISOString());
}

describe('a revision that does not become ready within its deadline', () => {
  it('is put back: Redis in every shard, the presence pods by the word of their Deployment', async () => {
    await world.makeCluster(NAMESPACE, spec({ redis: 'good:1', presence: 'good:1' }));
    await out([...SHARDS, DEPLOYMENT], 'good:1');
    for (const shard of [0, 1, 2]) for (const ordinal of [0, 1]) await redisPod(shard, ordinal, 'one', true);
    await controllers('one', { readyReplicas: 1 });
    await world.until('both are good', async () => (await states()).join() === 'Ready,Ready');

    await world.makeCluster(NAMESPACE, spec({ redis: 'bad:2', presence: 'bad:2' }));
    await out([...SHARDS, DEPLOYMENT], 'bad:2');
    await redisPod(2, 1, 'two', false);
    await controllers('two', { readyReplicas: 0 });
    await world.letPass(operator, NAMESPACE, 2);
    expect(await images([...SHARDS, DEPLOYMENT])).toEqual(['bad:2', 'bad:2', 'bad:2', 'bad:2']);

    later(DEADLINE_SECONDS + 1);
    await controllers('two', { readyReplicas: 0, late: true });
    await out([...SHARDS, DEPLOYMENT], 'good:1');
    expect(await world.until('it is told', reverted)).toContain('pod wedsync-redis-2-1: ImagePullBackOff');
    await world.until('and an event', async () =>
      (await world.events(NAMESPACE)).some(
        (event) => event.startsWith('Warning RolloutReverted') && event.includes('ImagePullBackOff'),
      ),
    );
  });

  it('has the pod renewed that never came up with it', async () => {
    await controllers('one', { readyReplicas: 1 });
    await world.until('it is deleted', async () => {
      const { items } = await world.client.list(builtin.Pod, { namespace: NAMESPACE });
      return items.every(({ metadata }) => metadata.name !== 'wedsync-redis-2-1');
    });
    await redisPod(2, 1, 'one', true);
  });

  it('is not tried again by an operator that starts anew, also when status is lost', async () => {
    await operator.stop();
    const lost = { status: { revisions: null } };
    await world.client.patch(ownType('PresenceCluster'), NAMESPACE, 'wedsync', lost, {
      ...PERSON,
      subresource: 'status',
    });
    operator = world.startOperator();
    await world.until('it is remembered', async () => (await states()).join() === 'Reverted,Reverted');
    await world.letPass(operator, NAMESPACE, 2);
    expect(await images([...SHARDS, DEPLOYMENT])).toEqual(['good:1', 'good:1', 'good:1', 'good:1']);
    expect(await world.until('it is told', reverted)).toContain('ImagePullBackOff');
  });

  it('gives way to the next that the spec asks for, and in a freeze stays as it is', async () => {
    await world.makeCluster(NAMESPACE, spec({ redis: 'bad:3', presence: 'good:1' }));
    await out(SHARDS, 'bad:3');
    await redisPod(2, 1, 'three', false);
    await controllers('three', { readyReplicas: 1 });
    await world.letPass(operator, NAMESPACE, 1);
    const window = { name: 'fair', reason: 'a fair', from: '2027-06-01T00:00', until: '2027-06-01T20:00' };
    await world.makeCluster(
      NAMESPACE,
      spec({ redis: 'bad:3', presence: 'good:1' }, { freeze: { windows: [window] } }),
    );
    await world.until('the freeze is on', async () =>
      (await world.condition(NAMESPACE, 'Frozen')).startsWith('True'),
    );
    later(DEADLINE_SECONDS + 1);
    await world.letPass(operator, NAMESPACE, 2);
    await world.until('it is judged', async () => (await states())[0] === 'Reverted');
    expect(await images(SHARDS)).toEqual(['bad:3', 'bad:3', 'bad:3']);
    world.clock.hold('2027-06-01T19:00:30Z');
    await out(SHARDS, 'good:1');
  });
});
