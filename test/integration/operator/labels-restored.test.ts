import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { CHILD_TYPES } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { eventually } from '../../support/eventually.ts';
import { type ControllerManager, startControllerManager } from '../admission/controller-manager.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

/**
 * Labels that a person takes off come back, beside the real kube-controller-manager and without the policies that would refuse to take
 * them off. There is no kubelet and no scheduler: pods stay pending.
 */

const NAMESPACE = 'labels';
const PRESENCE_PODS = 2;
/** They read every kind first. */
const CONTROLLERS_WITHIN_SECONDS = 180;
const REDIS_POD = 'wedsync-redis-0-1';
const CLAIM = `data-${REDIS_POD}`;

let world: OperatorWorld;
let controllers: ControllerManager;
let operator: RunningOperator;

beforeAll(async () => {
  world = await OperatorWorld.start();
  // A quiet Tuesday: no peak, no wedding.
  world.clock.set('2027-06-01T10:00:00Z');
  controllers = await startControllerManager(world.server);
  operator = world.startOperator();
  await world.makeNamespace(NAMESPACE);
  await world.makeCluster(NAMESPACE, {
    redis: { shards: 3, replicasPerShard: 1, storage: { type: 'Claim', size: '1Gi' } },
    scaling: { baselineReplicas: PRESENCE_PODS, minReplicas: PRESENCE_PODS, maxReplicas: PRESENCE_PODS },
  });
  await eventually({ what: 'all pods are made', withinSeconds: CONTROLLERS_WITHIN_SECONDS }, async () => {
    const [redis, presence] = [await pods('redis'), await pods('presence')];
    return redis.length === 6 && presence.length === PRESENCE_PODS;
  });
}, 600_000);

afterAll(async () => {
  await controllers?.stop();
  await world?.close();
});

async function pods(component: string): Promise<KubeObject[]> {
  const labelSelector = `${LABEL.cluster}=wedsync,${LABEL.component}=${component}`;
  return (await world.client.list(builtin.Pod, { namespace: NAMESPACE, labelSelector })).items;
}

async function read(type: ResourceType, name: string): Promise<KubeObject> {
  const found = await world.client.get(type, NAMESPACE, name);
  if (found === undefined) throw new Error(`there is no ${type.kind} ${name}`);
  return found;
}

const ours = ({ metadata }: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata.labels ?? {}).filter(([key]) => (Object.values(LABEL) as string[]).includes(key)),
  );

const label = (
  type: ResourceType,
  name: string,
  labels: Record<string, string | null>,
): Promise<KubeObject> => world.client.patch(type, NAMESPACE, name, { metadata: { labels } }, PERSON);

/** Sets labels, and waits until all labels of ours are as they were, on the same object. */
async function comesBack(
  type: ResourceType,
  name: string,
  change: (labels: Record<string, string>) => Record<string, string | null>,
): Promise<KubeObject> {
  const before = await read(type, name);
  await label(type, name, change(ours(before)));
  const after = await world.until(`labels of ${type.kind} ${name} are back`, async () => {
    const found = await read(type, name);
    expect(ours(found)).toEqual(ours(before));
    return found;
  });
  expect(after.metadata.uid).toBe(before.metadata.uid);
  return after;
}

/** The ReplicaSet of the presence pods has counted them, and makes and ends none. */
async function replicaSetIsSettled(): Promise<boolean> {
  const { items } = await world.client.list(builtin.ReplicaSet, { namespace: NAMESPACE });
  return items.every(({ spec, status }) => {
    const wanted = (spec as { replicas?: number }).replicas;
    const { replicas, fullyLabeledReplicas } = status as Record<string, number>;
    return replicas === wanted && fullyLabeledReplicas === wanted;
  });
}

const none = (labels: Record<string, string>) =>
  Object.fromEntries(Object.keys(labels).map((key) => [key, null]));
const others = (labels: Record<string, string>) =>
  Object.fromEntries(Object.keys(labels).map((key) => [key, 'other']));
const without =
  (...keys: string[]) =>
  () =>
    Object.fromEntries(keys.map((key) => [key, null]));
const controllerOf = ({ metadata }: KubeObject): string | undefined => {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner && `${owner.kind}/${owner.name}`;
};

describe('labels of objects that the operator applies', () => {
  it.each(CHILD_TYPES.map((type) => [type.kind, type] as const))('come back: %s', async (kind, type) => {
    const victim = [...(await world.children(NAMESPACE)).values()].find((object) => object.kind === kind);
    const name = victim?.metadata.name ?? '';
    await comesBack(type, name, without(LABEL.managedBy));
    await comesBack(type, name, without(LABEL.cluster));
    await comesBack(type, name, none);
    await comesBack(type, name, others);
  });
});

describe('labels of a Secret', () => {
  it.each(['wedsync-redis-acl', 'wedsync-presence-auth'])('come back when it is read: %s', async (name) => {
    await label(builtin.Secret, name, none(ours(await read(builtin.Secret, name))));
    await operator.stop();
    operator = world.startOperator();
    const component = name.includes('redis') ? 'redis' : 'presence';
    await world.until('they are back', async () => {
      expect(ours(await read(builtin.Secret, name))).toEqual({
        [LABEL.name]: component,
        [LABEL.instance]: 'wedsync',
        [LABEL.component]: component,
        [LABEL.partOf]: 'wedsync',
        [LABEL.managedBy]: 'presence-operator',
        [LABEL.cluster]: 'wedsync',
      });
      return true;
    });
  });
});

describe('labels of a claim', () => {
  it('come back', async () => {
    await comesBack(builtin.PersistentVolumeClaim, CLAIM, without(LABEL.cluster));
    await comesBack(builtin.PersistentVolumeClaim, CLAIM, none);
    await comesBack(builtin.PersistentVolumeClaim, CLAIM, others);
  });
});

describe('labels of a Redis pod', () => {
  it('that select nothing come back, and the pod stays where it is', async () => {
    for (const key of [LABEL.managedBy, LABEL.name, LABEL.instance, LABEL.partOf]) {
      const pod = await comesBack(builtin.Pod, REDIS_POD, without(key));
      expect(controllerOf(pod)).toBe('StatefulSet/wedsync-redis-0');
    }
  });

  it.each([
    ['the component', without(LABEL.component)],
    ['the shard', () => ({ [LABEL.shard]: '1' })],
    ['the PresenceCluster', without(LABEL.cluster)],
    ['another PresenceCluster', () => ({ [LABEL.cluster]: 'other' })],
    ['all of them', none],
  ])(
    'by which its StatefulSet knows it come back, and the StatefulSet owns it again: %s',
    async (_what, change) => {
      const { metadata } = await comesBack(builtin.Pod, REDIS_POD, change);
      await world.until('it is owned again', async () => {
        const pod = await read(builtin.Pod, REDIS_POD);
        expect(pod.metadata.uid).toBe(metadata.uid);
        return controllerOf(pod) === 'StatefulSet/wedsync-redis-0';
      });
    },
  );
});

describe('labels of a presence pod', () => {
  it('that select nothing come back, and no other pod is made', async () => {
    const before = (await pods('presence')).map(({ metadata }) => metadata.name).sort();
    await comesBack(builtin.Pod, before[0] ?? '', without(LABEL.managedBy, LABEL.partOf));
    expect((await pods('presence')).map(({ metadata }) => metadata.name).sort()).toEqual(before);
  });

  it.each([LABEL.component, 'pod-template-hash'])(
    'by which its ReplicaSet knows it come back, and none is left without owner: %s',
    async (key) => {
      const [victim] = await pods('presence');
      const { name, labels } = (victim as KubeObject).metadata;
      const owner = controllerOf(victim as KubeObject);
      await label(builtin.Pod, name, { [key]: null });
      // The ReplicaSet made another in the meantime, and ends one of them.
      await world.until('every pod has its label and its owner, and none is too many', async () => {
        const { items } = await world.client.list(builtin.Pod, { namespace: NAMESPACE });
        const presence = items.filter(({ metadata }) => metadata.name.startsWith('wedsync-presence-'));
        for (const pod of presence) {
          expect(controllerOf(pod)).toBe(owner);
          expect(pod.metadata.labels).toHaveProperty([key], labels?.[key]);
        }
        return presence.length === PRESENCE_PODS && (await replicaSetIsSettled());
      });
    },
  );
});
