import { describe, expect, it } from 'vitest';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import {
  IMAGES,
  observed,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { childKey, type Observed } from '../cluster-state/observed.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { ApplyCache } from '../memory/apply-cache.ts';
import { RefusalBackoff } from '../memory/refusal-backoff.ts';
import { type Applier, applyDesired, prune } from './apply.ts';
import { build } from './plan/build.ts';
import { decide } from './plan/decide.ts';

const { signal } = new AbortController();

/** A cache that is always up to date, over objects in memory. */
function world(cluster: PresenceCluster = presenceCluster()) {
  const client = new MemoryKubeClient();
  const applied = new ApplyCache();
  const clock = { monotonicMs: () => applier.nowMs };
  const applier: Applier = { client, applied, refusals: new RefusalBackoff(), clock, nowMs: 0 };
  const see = (more: Partial<Omit<Observed, 'children'>> = {}): Observed =>
    observed({ cluster, ...more, children: [...client.objects.values()] });
  const want = (seen: Observed) => build(seen, seen.cluster.spec, decide(seen, seen.cluster.spec), IMAGES);
  const apply = (seen = see()) => applyDesired(applier, seen, want(seen), signal);
  const pruneNow = (seen = see()) => prune(applier, seen, want(seen), signal);
  return { client, applied, applier, see, apply, prune: pruneNow };
}

const CONFIG = /^ConfigMap\/wedsync-redis-config-/;
const keys = (client: MemoryKubeClient) => [...client.objects.keys()];

function change(client: MemoryKubeClient, key: string, edit: (object: KubeObject) => void): void {
  const copy = structuredClone(client.of(key)) as KubeObject;
  edit(copy);
  client.put(copy);
}

describe('applyDesired', () => {
  it('makes everything, and sends nothing while it is so', async () => {
    const { client, apply } = world();
    const first = await apply();
    expect([...first.accepted].sort()).toEqual(keys(client).sort());
    expect(first).toMatchObject({ accepted: { size: 15 }, refused: [] });
    expect(await apply()).toEqual({ accepted: new Set(), refused: [], news: [], failed: [] });
  });

  it('sends what the spec changes, and no more', async () => {
    const { see, apply } = world();
    await apply();
    const cluster = presenceCluster({ presence: { service: { type: 'NodePort' } } });
    expect((await apply(see({ cluster }))).accepted).toEqual(new Set(['Service/wedsync-presence']));
  });

  it.each([
    ['a field of the spec', (o: KubeObject) => Object.assign(o.spec as object, { replicas: 9 })],
    ['a label', (o: KubeObject) => Object.assign(o.metadata.labels ?? {}, { 'app.kubernetes.io/name': 'x' })],
    ['an annotation', (o: KubeObject) => delete o.metadata.annotations],
    ['the owner', (o: KubeObject) => delete o.metadata.ownerReferences],
  ])('puts back %s that somebody changed', async (_, edit) => {
    const { client, apply } = world();
    await apply();
    const key = 'StatefulSet/wedsync-redis-1';
    const before = client.of(key);
    change(client, key, edit);
    expect((await apply()).accepted).toEqual(new Set([key]));
    expect(client.of(key)?.spec).toEqual(before?.spec);
    expect(client.of(key)?.metadata).toMatchObject({
      labels: before?.metadata.labels,
      annotations: before?.metadata.annotations,
      ownerReferences: before?.metadata.ownerReferences,
    });
    expect((await apply()).accepted).toEqual(new Set());
  });

  it.each([
    ['made by somebody else', []],
    ['of another controller', [{ apiVersion: 'v1', kind: 'Other', name: 'x', uid: 'y', controller: true }]],
  ])('does not touch an object of the same name that is %s', async (_, ownerReferences) => {
    const { client, apply } = world();
    await apply();
    const key = 'Service/wedsync-redis';
    change(client, key, (object) => {
      object.metadata.labels = {};
      object.metadata.ownerReferences = ownerReferences;
      object.spec = { theirs: true };
    });
    const { accepted, refused } = await apply();
    expect([...accepted]).not.toContain(key);
    expect(refused.map(({ message }) => message)).toEqual([expect.stringContaining('is left unchanged')]);
    expect(client.of(key)?.spec).toEqual({ theirs: true });
  });

  it('leaves alone what others add, and status', async () => {
    const { client, apply } = world();
    await apply();
    change(client, 'Deployment/wedsync-presence', (object) => {
      object.status = { readyReplicas: 2 };
      Object.assign(object.metadata.annotations ?? {}, { 'deployment.kubernetes.io/revision': '1' });
    });
    expect((await apply()).accepted).toEqual(new Set());
  });

  it('sends nothing again while the cache does not show yet what was sent', async () => {
    const { client, applier, see, apply } = world();
    const empty = see();
    await apply(empty);
    const key = 'StatefulSet/wedsync-redis-1';
    client.refuse('apply', key);
    expect((await apply(empty)).accepted).toEqual(new Set());
    expect(applier.applied.lagMs(500)).toBe(1_500);
    await apply();
    expect(applier.applied.lagMs(500)).toBeUndefined();
    // An object that the cache has shown is missed at once.
    expect((await apply(empty)).refused.length).toBe(1);
  });

  it('makes again after two seconds what was deleted before the cache showed it', async () => {
    const { applier, see, apply } = world();
    const empty = see();
    const { accepted } = await apply(empty);
    applier.nowMs += 2_000;
    expect(applier.applied.lagMs(applier.nowMs)).toBeUndefined();
    expect((await apply(empty)).accepted).toEqual(accepted);
  });

  it('makes again what was deleted', async () => {
    const { client, apply } = world();
    await apply();
    await apply();
    client.objects.delete('Service/wedsync-redis');
    expect((await apply()).accepted).toEqual(new Set(['Service/wedsync-redis']));
  });

  it('goes on when one object is refused, and tries it again after a while', async () => {
    const { client, apply, applier } = world();
    client.refuse('apply', 'ServiceAccount/wedsync-redis');
    let tries = 0;
    const count = (): void => {
      tries++;
      client.before('apply', 'ServiceAccount/wedsync-redis', count);
    };
    client.before('apply', 'ServiceAccount/wedsync-redis', count);
    const first = await apply();
    expect(first.refused.map(({ message }) => message)).toEqual([
      'apply ServiceAccount/wedsync-redis: 403: refused by the test',
    ]);
    expect(first.news).toEqual(first.refused);
    expect(first.accepted.size).toBe(14);
    const second = await apply();
    expect(second).toMatchObject({ refused: first.refused, news: [], failed: [] });
    expect(tries).toBe(1);
    applier.nowMs += 30_000;
    expect(await apply()).toMatchObject({ refused: first.refused, news: [] });
    expect(tries).toBe(2);
  });

  it('tries at once what the spec changes, and when a person asks for it', async () => {
    const { client, see, apply } = world();
    client.refuse('apply', 'Service/wedsync-presence');
    let tries = 0;
    const count = (): void => {
      tries++;
      client.before('apply', 'Service/wedsync-presence', count);
    };
    client.before('apply', 'Service/wedsync-presence', count);
    await apply();
    await apply();
    expect(tries).toBe(1);
    await apply(see({ cluster: presenceCluster({ presence: { service: { type: 'NodePort' } } }) }));
    expect(tries).toBe(2);
    const annotations = { 'presence.wedsync.io/retry': 'now' };
    const asked = presenceCluster({}, { metadata: { annotations } });
    await apply(see({ cluster: asked }));
    expect(tries).toBe(3);
    await apply(see({ cluster: asked }));
    expect(tries).toBe(3);
  });

  it('ends with the reason of its signal', async () => {
    const { applier, see } = world();
    const seen = see();
    const desired = build(seen, seen.cluster.spec, decide(seen, seen.cluster.spec), IMAGES);
    const stopped = AbortSignal.abort(new Error('leadership lost'));
    await expect(applyDesired(applier, seen, desired, stopped)).rejects.toThrow('leadership lost');
  });

  it('applies a child again that it has forgotten', async () => {
    const { applied, apply } = world();
    await apply();
    expect(applied.size).toBe(15);
    applied.forgetChild('Service/wedsync-redis');
    expect(applied.size).toBe(14);
    expect((await apply()).accepted).toEqual(new Set(['Service/wedsync-redis']));
  });
});

describe('prune', () => {
  const NOTHING = { refused: [], news: [], failed: [] };
  const bigger = presenceCluster({ redis: { resources: { limits: { memory: '1Gi' } } } });
  const mounting = (configMap: string) => ({
    ...redisPod(0, 0),
    spec: { volumes: [{ name: 'config', configMap: { name: configMap } }] } as Pod['spec'],
  });

  it('deletes a configuration that nothing names any more', async () => {
    const { client, see, apply, prune: pruneNow } = world();
    await apply();
    const [old = ''] = keys(client).filter((key) => CONFIG.test(key));
    await apply(see({ cluster: bigger }));
    expect(keys(client).filter((key) => CONFIG.test(key))).toHaveLength(2);
    expect(await pruneNow(see({ cluster: bigger }))).toEqual(NOTHING);
    const left = keys(client).filter((key) => CONFIG.test(key));
    expect(left).toHaveLength(1);
    expect(left).not.toContain(old);
  });

  it('keeps one that a released template names while a newer template waits', async () => {
    const { client, see, apply, prune: pruneNow } = world();
    await apply();
    const frozen = () => see({ cluster: bigger, weddings: [wedding()] });
    await apply(frozen());
    await pruneNow(frozen());
    expect(keys(client).filter((key) => CONFIG.test(key))).toHaveLength(2);
  });

  it('keeps the StatefulSet of a shard that has left while its claims cannot be deleted or seen', async () => {
    const { client, see, apply, prune: pruneNow } = world();
    await apply();
    change(client, 'StatefulSet/wedsync-redis-0', (set) => {
      set.metadata.name = 'wedsync-redis-7';
    });
    const left = 'StatefulSet/wedsync-redis-7';
    change(client, 'Service/wedsync-redis', (service) => {
      service.metadata.name = 'wedsync-old';
    });
    const unwatchedKinds = ['persistentvolumeclaims (forbidden: no)'];
    expect(await pruneNow(see({ unwatchedKinds }))).toEqual(NOTHING);
    expect(keys(client)).toContain(left);
    expect(keys(client)).not.toContain('Service/wedsync-old');
    expect(await pruneNow()).toEqual(NOTHING);
    expect(keys(client)).not.toContain(left);
  });

  it('keeps one that a running pod names', async () => {
    const { client, see, apply, prune: pruneNow } = world();
    await apply();
    const [old = ''] = keys(client).filter((key) => CONFIG.test(key));
    await apply(see({ cluster: bigger }));
    const running = mounting(old.slice('ConfigMap/'.length));
    await pruneNow(see({ cluster: bigger, redisPods: [running] }));
    expect(keys(client)).toContain(old);
    await pruneNow(see({ cluster: bigger }));
    expect(keys(client)).not.toContain(old);
  });

  it('never touches what belongs to another, and kinds that are no children', async () => {
    const { client, apply, prune: pruneNow } = world();
    await apply();
    const before = keys(client).length;
    const labels = client.of('Service/wedsync-redis')?.metadata.labels ?? {};
    const own = client.of('Service/wedsync-redis')?.metadata.ownerReferences ?? [];
    const stray = (kind: string, name: string, ownerReferences: typeof own): KubeObject => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace: 'weddings', labels, ownerReferences },
    });
    client.put(stray('ConfigMap', 'of-nobody', []));
    client.put(
      stray(
        'ConfigMap',
        'of-another',
        own.map((owner) => ({ ...owner, uid: 'uid-of-another' })),
      ),
    );
    client.put(stray('Ingress', 'unknown-kind', own));
    client.put(stray('Service', 'left-over', own));
    expect(await pruneNow()).toEqual(NOTHING);
    expect(keys(client).slice(before)).toEqual([
      'ConfigMap/of-nobody',
      'ConfigMap/of-another',
      'Ingress/unknown-kind',
    ]);
  });

  it('goes on when one object cannot be deleted', async () => {
    const { client, apply, prune: pruneNow } = world();
    await apply();
    const service = client.of('Service/wedsync-redis') as KubeObject;
    for (const name of ['stuck', 'free'])
      client.put({ ...service, metadata: { ...service.metadata, name, uid: `uid-${name}` } });
    client.refuse('delete', 'Service/stuck');
    expect((await pruneNow()).refused.map(({ message }) => message)).toEqual([
      'delete Service/stuck: 403: refused by the test',
    ]);
    expect(await client.get(builtin.Service, 'weddings', 'free')).toBeUndefined();
    expect(keys(client)).toContain('Service/stuck');
  });

  it('is idle when everything is wanted', async () => {
    const { client, see, apply, prune: pruneNow } = world();
    await apply();
    const before = [...client.objects];
    await pruneNow();
    expect([...client.objects]).toEqual(before);
    expect([...see().children.keys()]).toEqual([...client.objects.values()].map(childKey));
  });
});
