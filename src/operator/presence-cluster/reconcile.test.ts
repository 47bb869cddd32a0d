import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import {
  CURRENT_ZONE_DATA,
  IMAGES,
  loadSources,
  NOON,
  presenceCluster,
} from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { createStore, UnionStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { NamespaceFreezes } from '../freeze-clock/namespace-freezes.ts';
import { ClusterMemories } from '../memory/cluster-memory.ts';
import { ClusterEvents } from '../objects/cluster-events.ts';
import { CHILD_TYPES } from '../objects/kinds.ts';
import { ClusterReconciler } from './reconcile.ts';

const KEY = 'weddings/wedsync';
const OWN = 'PresenceCluster/wedsync';
const DEPLOYMENT = 'Deployment/wedsync-presence';
const memories = new ClusterMemories();
afterEach(() => memories.forget(KEY));

/** A reconciler over objects in memory, with caches that are filled right before each pass. */
function world(cluster: PresenceCluster = presenceCluster(), freezeClock: LeaseState = { kind: 'Off' }) {
  const client = new MemoryKubeClient();
  client.put(cluster);
  const stores = {
    clusters: createStore<PresenceCluster>(),
    weddings: createStore<Wedding>(),
    overrides: createStore<RolloutOverride>(),
    pods: createStore<Pod>(),
    claims: createStore(),
    nodes: undefined,
  };
  const clock = new ManualClock(NOON);
  const heard: string[] = [];
  const abort = new AbortController();
  const context = { signal: abort.signal, log: silentLogger(), reconcileID: 'test' };
  const pass = () => {
    const own = client.of(OWN) as PresenceCluster | undefined;
    stores.clusters.remove(KEY);
    if (own) stores.clusters.put(own);
    const children = CHILD_TYPES.map(({ kind }) => {
      const store = createStore();
      for (const object of client.objects.values()) if (object.kind === kind) store.put(object);
      return store;
    });
    const reconciler = new ClusterReconciler({
      client,
      memories,
      stores: { ...stores, claims: createStore(), children: new UnionStore(children) },
      events: new ClusterEvents({
        record: (_, { reason, note }) => void heard.push(`${reason}: ${note}`),
        flush: async () => {},
      }),
      loadSources: loadSources(),
      unwatchedKinds: () => [],
      images: IMAGES,
      clock,
      zoneData: CURRENT_ZONE_DATA,
      leaseClock: { look: () => Promise.resolve(freezeClock) },
      freezes: new NamespaceFreezes({ client, exists: () => true }),
    });
    return reconciler.reconcile(KEY, context);
  };
  const status = () => client.of(OWN)?.status as PresenceCluster['status'];
  return { client, clock, abort, heard, pass, status };
}

describe('ClusterReconciler', () => {
  it('makes everything in one pass and comes back', async () => {
    const { client, pass, status } = world();
    // Until the cache must have shown what was applied.
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 2_000, orAt: expect.any(Date) });
    expect(client.objects.size).toBe(1 + 15 + 4);
    expect(await pass()).toMatchObject({ kind: 'requeueAfter', ms: 60_000, orAt: expect.any(Date) });
    // The number of pods is the ScalingReconciler's.
    expect(client.of(DEPLOYMENT)?.spec).not.toHaveProperty('replicas');
    expect(status()).toMatchObject({ observedGeneration: 1, scaling: { desired: 6 } });
  });

  it('changes nothing when nothing has changed, and says nothing twice', async () => {
    const { client, heard, pass } = world();
    await pass();
    await pass();
    const [before, said] = [[...client.objects], [...heard]];
    client.refuse('applyStatus', OWN);
    await pass();
    expect([...client.objects]).toEqual(before);
    expect(heard).toEqual(said);
  });

  it.each([
    ['apply', DEPLOYMENT, 403],
    ['apply', 'Service/wedsync-redis', 422],
  ] as const)('goes on when %s of %s is refused, and tells it once', async (verb, key, code) => {
    const { client, heard, pass, status } = world();
    client.refuse(verb, key, code);
    await pass();
    await pass();
    expect(heard.filter((event) => event.startsWith('ApplyFailed'))).toHaveLength(1);
    expect(heard).toContain(`ApplyFailed: ${verb} ${key}: ${code}: refused by the test`);
    expect(status()?.conditions?.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['Ready', 'RedisAvailable', 'ChildrenApplied', 'RolloutHeld']),
    );
    expect(client.of('RolloutFreeze/wedsync')).toBeDefined();
  });

  it('comes back for the calendar also when its status is refused, and tells it once', async () => {
    const { client, heard, pass } = world();
    client.refuse('applyStatus', OWN, 422);
    for (let round = 0; round < 2; round++)
      expect(await pass()).toMatchObject({ kind: 'requeueAfter', orAt: expect.any(Date) });
    expect(client.of(DEPLOYMENT)).toBeDefined();
    expect(heard.filter((event) => event.includes('applyStatus'))).toHaveLength(1);
  });

  it.each(['redis-acl', 'redis-ca', 'redis-tls', 'presence-auth'])(
    'goes on when the Secret %s is refused: all else is made, and status says what to do',
    async (name) => {
      const { client, heard, pass, status } = world();
      client.refuse('create', `Secret/wedsync-${name}`, 422);
      for (let round = 0; round < 2; round++)
        expect(await pass()).toMatchObject({ kind: 'requeueAfter', orAt: expect.any(Date) });
      const told = heard.filter((event) => event.startsWith('ApplyFailed'));
      expect(told).toEqual([expect.stringContaining(`Secret wedsync-${name} cannot be made: `)]);
      const message = expect.stringMatching(`^Secret wedsync-${name} cannot be made: .*annotation`);
      const of = { 'redis-acl': 'CredentialsCurrent', 'presence-auth': 'PresenceAvailable' }[name];
      expect(status()?.conditions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: 'Ready', status: 'False' }),
          expect.objectContaining({ type: 'Stalled', status: 'True', reason: 'ObjectsRefused', message }),
          expect.objectContaining({ type: 'ChildrenApplied', status: 'False', reason: 'Refused', message }),
          expect.objectContaining({ type: of ?? 'CertificatesCurrent', status: 'False', message }),
        ]),
      );
      for (const key of ['RolloutFreeze/wedsync', DEPLOYMENT, 'StatefulSet/wedsync-redis-0'])
        expect(client.of(key)).toBeDefined();
    },
  );

  it('shows a Secret that a webhook refuses as it goes down, and tries again soon', async () => {
    const { client, pass, status } = world();
    const message = 'create: 500: failed calling webhook "w"';
    client.before('create', 'Secret/wedsync-redis-acl', () => {
      throw new KubeError({ code: 500, reason: 'InternalError', message });
    });
    await expect(pass()).rejects.toMatchObject({ disposition: 'backoff' });
    const applied = status()?.conditions?.find(({ type }) => type === 'ChildrenApplied');
    expect(applied).toMatchObject({ status: 'False', message: expect.stringContaining(message) });
    memories.of(KEY).secrets.forget();
    await pass();
    expect(client.of('Secret/wedsync-redis-acl')).toBeDefined();
  });

  it('makes no fuss about a namespace that is going away, or of somebody who was faster', async () => {
    const { client, heard, pass } = world();
    for (const key of [DEPLOYMENT, 'Service/wedsync-redis']) client.refuse('apply', key, 404);
    await expect(pass()).rejects.toMatchObject({ disposition: 'gone' });
    const faster = world();
    faster.client.refuse('apply', DEPLOYMENT, 409);
    await expect(faster.pass()).rejects.toMatchObject({ name: 'ReconcileIncomplete' });
    expect([...heard, ...faster.heard].filter((event) => event.startsWith('ApplyFailed'))).toEqual([]);
  });

  it('does not tell of a rollout that was refused', async () => {
    const { client, heard, pass } = world();
    await pass();
    const changed = presenceCluster({ presence: { image: 'own:2' } });
    client.put({ ...(client.of(OWN) as KubeObject), spec: changed.spec });
    client.refuse('apply', DEPLOYMENT);
    await pass();
    expect(heard.filter((event) => event.startsWith('RolloutReleased'))).toEqual([]);
  });

  it('tells a rollout', async () => {
    const { client, heard, pass } = world();
    await pass();
    const changed = presenceCluster({ presence: { image: 'own:2' } });
    client.put({ ...(client.of(OWN) as KubeObject), spec: changed.spec });
    await pass();
    expect(heard).toContain(`RolloutReleased: Applied a new pod template to ${DEPLOYMENT}`);
  });

  it('says why it makes nothing of a spec that was never understood, and waits for another', async () => {
    const { client, pass, status } = world(presenceCluster({ timeZone: 'Mars/Olympus' }));
    expect(await pass()).toEqual({ kind: 'requeueAfter', ms: 60_000 });
    expect([...client.objects.keys()]).toEqual([OWN]);
    expect(status()?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      ...['Accepted UnknownTimeZone', 'Ready NotAccepted', 'Stalled NotAccepted'],
    ]);
  });

  it('forgets a PresenceCluster that is gone', async () => {
    const { client, pass } = world();
    await pass();
    expect(memories.size).toBe(1);
    client.objects.delete(OWN);
    const before = [...client.objects];
    expect(await pass()).toEqual({ kind: 'done' });
    expect(memories.size).toBe(0);
    expect([...client.objects]).toEqual(before);
  });

  it('forgets it also where its Namespace cannot be written', async () => {
    const { client, pass } = world(presenceCluster(), { kind: 'Renewed', lease: 'kube-system/clock' });
    client.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'weddings' } });
    await pass();
    client.objects.delete(OWN);
    client.refuse('patch', 'Namespace/weddings');
    expect(await pass()).toEqual({ kind: 'done' });
    expect(memories.size).toBe(0);
  });

  it.each([['foregroundDeletion'], ['orphan']])(
    'leaves the objects alone of one that is deleted with %s, and says what is left',
    async (finalizer) => {
      const { client, pass, status } = world();
      await pass();
      const own = client.of(OWN) as KubeObject;
      const deletionTimestamp = NOON.toISOString();
      client.put({ ...own, metadata: { ...own.metadata, deletionTimestamp, finalizers: [finalizer] } });
      client.objects.delete('Service/wedsync-redis');
      const before = [...client.objects.keys()];
      expect(await pass()).toEqual({ kind: 'requeueAfter', ms: 60_000 });
      expect([...client.objects.keys()]).toEqual(before);
      expect(status()?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)).toEqual([
        ...['Ready False Deleting', 'Reconciling True Deleting'],
      ]);
    },
  );

  it('keeps one up that a finalizer of another program holds', async () => {
    const { client, clock, pass, status } = world();
    await pass();
    await pass();
    // The status is written again after a second at the earliest where only words of a condition change.
    await clock.advance(1_000);
    const own = client.of(OWN) as KubeObject;
    const deletionTimestamp = NOON.toISOString();
    client.put({
      ...own,
      metadata: { ...own.metadata, deletionTimestamp, finalizers: ['example.com/backup'] },
    });
    client.objects.delete('Service/wedsync-redis');
    await pass();
    expect(client.of('Service/wedsync-redis')).toBeDefined();
    const ready = status()?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'Deleting' });
    expect(ready?.message).toContain('example.com/backup');
  });

  it('stops in the middle when it may not write any more', async () => {
    const { client, abort, pass, status } = world();
    client.before('apply', DEPLOYMENT, () => abort.abort(new Error('leadership lost')));
    await expect(pass()).rejects.toThrow('leadership lost');
    expect(status()).toBeUndefined();
  });
});
