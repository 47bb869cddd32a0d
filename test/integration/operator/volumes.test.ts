import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim } from '../../../src/operator/cluster-state/claims.ts';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { type ControllerManager, startControllerManager } from '../admission/controller-manager.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';
import { countKeys, writeKeys } from './redis-keys.ts';
import { PODS, RedisPods } from './redis-pods.ts';

const NAMESPACE = 'volumes';
const HOUR_MS = 3_600_000;
const KEYS = 500;
/** They read every kind first, and the garbage collector waits for that up to a minute before it tries again. */
const CONTROLLERS_WITHIN_SECONDS = 180;

let world: OperatorWorld;
/** Knows the kinds that only a cluster administrator changes. */
let cluster: KubeClient;
let controllers: ControllerManager;
let operator: RunningOperator;
let pods: RedisPods;

/** The API server with the controllers of Kubernetes: StatefulSets, garbage collection, binding of volumes. No kubelet, no driver. */
beforeAll(async () => {
  const tools = await ensureTools();
  world = await OperatorWorld.start();
  cluster = createKubeClient({
    config: loadKubeConfig({ path: world.server.kubeconfig }),
    clock: systemClock,
    types: [StorageClass, PersistentVolume],
  });
  controllers = await startControllerManager(world.server);
  pods = await RedisPods.in(world, tools.valkeyServer, NAMESPACE, '127.64');
  // The clock of the operator stays the real one: the servers check the dates of the certificates of the bus.
  operator = world.startOperator();
  await world.makeNamespace(NAMESPACE);
  // The garbage collector begins long after the other controllers.
  const metadata = { name: 'orphan', namespace: NAMESPACE };
  const gone = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' };
  await world.client.create(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ownerReferences: [gone] } },
    PERSON,
  );
  await eventually(
    { what: 'the garbage collector works', withinSeconds: CONTROLLERS_WITHIN_SECONDS },
    async () => (await world.client.get(builtin.ConfigMap, NAMESPACE, 'orphan')) === undefined,
  );
  for (const [name, allowVolumeExpansion] of [
    ['grows', true],
    ['fixed', false],
  ] as const)
    await storageClass(name, allowVolumeExpansion);
}, 600_000);

afterAll(async () => {
  await operator?.stop();
  await pods?.close();
  await cluster?.close();
  await controllers?.stop();
  await world?.close();
});

const StorageClass: ResourceType = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};
const PersistentVolume: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};

function storageClass(name: string, allowVolumeExpansion: boolean): Promise<KubeObject> {
  return cluster.apply(
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name },
      provisioner: 'kubernetes.io/no-provisioner',
      allowVolumeExpansion,
    },
    PERSON,
  );
}

/** Whether the API server would let a claim grow: it learns of a change of a StorageClass some time after it has taken it. */
async function mayGrow(storage: string): Promise<boolean> {
  const [claim] = await claims();
  const { name = '' } = claim?.metadata ?? {};
  const spec = { resources: { requests: { storage } } };
  const options = { ...PERSON, dryRun: true };
  return world.client.patch(builtin.PersistentVolumeClaim, NAMESPACE, name, { spec }, options).then(
    () => true,
    ({ message }: Error) => {
      if (!message.includes('only dynamically provisioned pvc can be resized')) throw new Error(message);
      return false;
    },
  );
}

const make = (storage: object, more: object = {}) =>
  world.makeCluster(NAMESPACE, { redis: { storage: { type: 'Claim', ...storage } }, ...more });

async function claims(): Promise<PersistentVolumeClaim[]> {
  const { items } = await world.client.list<PersistentVolumeClaim>(builtin.PersistentVolumeClaim, {
    namespace: NAMESPACE,
  });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const sizesOf = (list: readonly PersistentVolumeClaim[]): string =>
  [...new Set(list.map(({ spec }) => spec?.resources?.requests?.storage))].join();

async function templateSizes(): Promise<unknown[]> {
  const { items } = await world.client.list(builtin.StatefulSet, { namespace: NAMESPACE });
  const sizes = items.map(({ spec }) => {
    const { volumeClaimTemplates: [first] = [] } = spec as { volumeClaimTemplates?: PersistentVolumeClaim[] };
    return first?.spec?.resources?.requests?.storage;
  });
  return items.length === 3 ? [...new Set(sizes)] : ['not all are there'];
}

/** What a provisioner does: a volume for each claim, which the controller of Kubernetes binds. */
async function provision(size: string): Promise<void> {
  for (const { metadata, spec } of await claims()) {
    await cluster.create(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `pv-${metadata.uid}` },
        spec: {
          capacity: { storage: size },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: '/none' },
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: spec?.storageClassName,
          claimRef: { namespace: NAMESPACE, name: metadata.name, uid: metadata.uid },
        },
      },
      PERSON,
    );
  }
  await world.until('all claims are bound', async () =>
    (await claims()).every(({ status }) => status?.phase === 'Bound'),
  );
}

/** What the driver and the kubelet do: the volumes have the size that is asked for. */
async function resize(): Promise<void> {
  for (const { metadata, spec } of await claims()) {
    const capacity = { storage: spec?.resources?.requests?.storage };
    const options = { ...PERSON, subresource: 'status' };
    await cluster.patch(PersistentVolume, undefined, `pv-${metadata.uid}`, { spec: { capacity } }, PERSON);
    await world.client.patch(
      ...([
        builtin.PersistentVolumeClaim,
        NAMESPACE,
        metadata.name,
        { status: { capacity } },
        options,
      ] as const),
    );
  }
}

const acl = () => world.client.get(builtin.Secret, NAMESPACE, 'wedsync-redis-acl');

async function startServers(): Promise<void> {
  await world.until('the passwords are there', acl);
  await world.until('the objects are there', async () => (await world.children(NAMESPACE)).size >= 17);
  await pods.mountSecrets();
  await Promise.all(PODS.map(({ shard, ordinal }) => pods.run(shard, ordinal, { made: true })));
  await world.until('it is steady', async () => {
    const { status } = await world.cluster(NAMESPACE);
    return status?.redis?.state === 'Steady' && status.redis.formedAt !== undefined;
  });
}

async function podUids(): Promise<Record<string, string | undefined>> {
  const { items } = await world.client.list(builtin.Pod, { namespace: NAMESPACE });
  const redis = items.filter(({ metadata }) => metadata.name.includes('-redis-'));
  return Object.fromEntries(redis.map(({ metadata }) => [metadata.name, metadata.uid]));
}

/** What the scheduler does: it tells a pod whose claim is missing, and by that the StatefulSet makes the claim again. */
async function missClaims(): Promise<void> {
  const known = new Set((await claims()).map(({ metadata }) => metadata.name));
  const { items } = await world.client.list(builtin.Pod, { namespace: NAMESPACE });
  for (const { metadata } of items) {
    const name = `data-${metadata.name}`;
    if (!metadata.name.includes('-redis-') || known.has(name)) continue;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: `persistentvolumeclaim "${name}" not found`,
      lastProbeTime: new Date().toISOString(),
    };
    const status = { phase: 'Pending', conditions: [condition] };
    // It may have been deleted meanwhile.
    await world.client
      .patch(builtin.Pod, NAMESPACE, metadata.name, { status }, { ...PERSON, subresource: 'status' })
      .catch(() => {});
  }
}

const isVolumes = (wanted: string) =>
  world.until(`VolumesCurrent is ${wanted}`, async () => {
    return (await world.condition(NAMESPACE, 'VolumesCurrent')) === wanted;
  });

describe('the volumes of a PresenceCluster', () => {
  it('are corrected while nothing is formed: size, class and type', async () => {
    await world.makeCluster(NAMESPACE);
    await world.until('the pods are made', async () => Object.keys(await podUids()).length === PODS.length);
    await make({ size: '9Gi', storageClassName: 'typo' });
    await world.until('there are claims', async () => (await claims()).length === PODS.length);
    await make({ size: '1Gi', storageClassName: 'grows' });
    await world.until('the claims are as corrected', async () => {
      await missClaims();
      const list = await claims();
      const classes = list.map(({ spec }) => spec?.storageClassName);
      return (
        list.length === PODS.length && classes.every((name) => name === 'grows') && sizesOf(list) === '1Gi'
      );
    });
    expect(await templateSizes()).toEqual(['1Gi']);
  });

  it('grow online: claims at once, StatefulSets without a restart of a pod', async () => {
    await provision('1Gi');
    await startServers();
    await writeKeys(pods, await acl(), KEYS);
    const before = await podUids();
    await make({
      size: '2Gi',
      storageClassName: 'grows',
      metadata: { labels: { 'example.com/team': 'crew' } },
    });
    await isVolumes('False Growing');
    await world.until('all claims ask for more', async () => sizesOf(await claims()) === '2Gi');
    for (const { metadata } of await claims())
      expect(metadata.labels).toHaveProperty(['example.com/team'], 'crew');
    await resize();
    await isVolumes('True Current');
    expect(await templateSizes()).toEqual(['2Gi']);
    expect(await podUids()).toEqual(before);
    expect(await countKeys(pods, await acl(), KEYS)).toBe(KEYS);
    // The StatefulSets own their pods again.
    await world.until('the pods are owned', async () => {
      const { items } = await world.client.list(builtin.Pod, {
        namespace: NAMESPACE,
        labelSelector: 'app.kubernetes.io/component=redis',
      });
      return (
        items.length === PODS.length && items.every(({ metadata }) => metadata.ownerReferences?.length === 1)
      );
    });
  });

  it('neither shrink nor change their class or type once there is something to lose', async () => {
    const refusal = async (redis: object) =>
      world.makeCluster(NAMESPACE, { redis }).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    const storage = { type: 'Claim', size: '2Gi', storageClassName: 'grows' };
    expect(await refusal({ storage: { ...storage, size: '1Gi' } })).toContain('size cannot shrink');
    expect(await refusal({ storage: { ...storage, size: '2047Mi' } })).toContain('size cannot shrink');
    expect(await refusal({ storage: { ...storage, storageClassName: 'fixed' } })).toContain(
      'storageClassName cannot be changed once the Redis Cluster is formed',
    );
    expect(await refusal({ storage: { type: 'EmptyDir' } })).toContain(
      'type cannot be changed once the Redis Cluster is formed',
    );
    expect(await refusal({ storage: { ...storage, size: '2048Mi' } })).toBe('accepted');
  });

  it('grow in a freeze, while the StatefulSets wait for its end', async () => {
    const at = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
    const window = { name: 'audit', from: at(-HOUR_MS), until: at(HOUR_MS), reason: 'auditors are here' };
    await make({ size: '2Gi', storageClassName: 'grows' }, { freeze: { windows: [window] } });
    await world.until('it is frozen', async () => {
      return (await world.condition(NAMESPACE, 'Frozen')) === 'True WindowActive';
    });
    await make({ size: '3Gi', storageClassName: 'grows' }, { freeze: { windows: [window] } });
    await world.until('all claims ask for more', async () => sizesOf(await claims()) === '3Gi');
    await resize();
    await isVolumes('False TemplateWaits');
    await world.letPass(operator, NAMESPACE, 2);
    expect(await templateSizes()).not.toContain('3Gi');
    await make({ size: '3Gi', storageClassName: 'grows' });
    await isVolumes('True Current');
    expect(await templateSizes()).toEqual(['3Gi']);
  });

  it('say so where their class cannot grow', async () => {
    await storageClass('grows', false);
    await world.until('the API server knows it', async () => !(await mayGrow('4Gi')));
    await make({ size: '4Gi', storageClassName: 'grows' });
    await isVolumes('False ExpansionRefused');
    const { status } = await world.cluster(NAMESPACE);
    const message = status?.conditions?.find(({ type }) => type === 'VolumesCurrent')?.message;
    expect(message).toContain('StorageClass grows cannot grow from 3Gi to 4Gi');
    expect(sizesOf(await claims())).toBe('3Gi');
    await storageClass('grows', true);
    await world.until('the API server knows it', () => mayGrow('4Gi'));
  });

  it('outlive the PresenceCluster, and the next one of its name has every key', async () => {
    const [before, secret] = [await world.cluster(NAMESPACE), await acl()];
    await world.client.delete(ownType('PresenceCluster'), NAMESPACE, 'wedsync');
    await world.until('its objects are gone', async () => {
      const gone = (await acl()) === undefined && Object.keys(await podUids()).length === 0;
      return gone && (await world.children(NAMESPACE)).size === 0;
    });
    expect(await claims()).toHaveLength(PODS.length);
    for (const { metadata } of await claims()) expect(metadata.ownerReferences ?? []).toEqual([]);

    await pods.moveTo('127.65');
    await make({ size: '4Gi', storageClassName: 'grows' });
    await startServers();
    expect((await world.cluster(NAMESPACE)).metadata.uid).not.toBe(before.metadata.uid);
    expect((await acl())?.data).not.toEqual(secret?.data);
    expect(await countKeys(pods, await acl(), KEYS)).toBe(KEYS);
    await world.until('all claims ask for more', async () => sizesOf(await claims()) === '4Gi');
  });

  it('go with the PresenceCluster where the spec says Delete', async () => {
    await make({ size: '4Gi', storageClassName: 'grows', retention: 'Delete' });
    await world.until('the StatefulSets own the claims', async () =>
      (await claims()).every(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'StatefulSet'),
    );
    await world.client.delete(ownType('PresenceCluster'), NAMESPACE, 'wedsync');
    await world.until('the claims are gone', async () => (await claims()).length === 0);
  });
});
