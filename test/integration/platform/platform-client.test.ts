import { afterAll, describe, expect, it } from 'vitest';
import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { KubeError } from '../../../src/platform/kube/errors.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { startApiAndClient } from '../api-client.ts';

const { api, client, stop } = await startApiAndClient();
afterAll(stop);

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function deployment(name: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'example.com/main:1' }] },
      },
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(KubeError);
  return error as KubeError;
}

describe('reads', () => {
  it('gives undefined for an object that does not exist', async () => {
    expect(await client.get(builtin.ConfigMap, 'default', 'absent')).toBeUndefined();
  });

  it('pages a list and stamps kind and apiVersion on the items', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) {
      const object = configMap(name, {});
      object.metadata.labels = { suite: 'paging' };
      await client.apply(object, { fieldManager: 'test' });
    }
    const select = { namespace: 'default', labelSelector: 'suite=paging' };
    const first = await client.list(builtin.ConfigMap, { ...select, limit: 2 });
    const second = await client.list(builtin.ConfigMap, {
      ...select,
      limit: 2,
      continueToken: first.continueToken,
    });
    const items = [...first.items, ...second.items];
    expect(items.map((item) => item.metadata.name)).toEqual(['page-a', 'page-b', 'page-c']);
    expect(items.every((item) => item.kind === 'ConfigMap' && item.apiVersion === 'v1')).toBe(true);
    expect(second.continueToken).toBeUndefined();
  });
});

describe('server-side apply', () => {
  it('creates where there is nothing, and where there is something conflicts and writes nothing', async () => {
    const options = { fieldManager: 'first', force: true, onlyCreate: true };
    for (const make of [(name: string) => configMap(name, { ours: '1' }), deployment]) {
      const made = await client.apply(make('only-create'), options);
      expect(made.metadata.managedFields).toMatchObject([{ manager: 'first', operation: 'Apply' }]);
      const error = await failure(client.apply(make('only-create'), { ...options, fieldManager: 'second' }));
      expect(error).toMatchObject({ code: 409, disposition: 'conflict' });
      const after = await client.apply(make('only-create'), { fieldManager: 'first' });
      expect(after.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    }
  });

  it('keeps the fields of another manager and refuses to take them without force', async () => {
    await client.apply(configMap('ssa', { ours: '1' }), { fieldManager: 'first' });
    await client.apply(configMap('ssa', { theirs: '1' }), { fieldManager: 'second' });
    const taken = await failure(client.apply(configMap('ssa', { ours: '2' }), { fieldManager: 'second' }));
    expect(taken).toMatchObject({ code: 409, reason: 'Conflict', disposition: 'conflict' });
    expect(taken.message).toContain('first');
    const after = await client.apply(configMap('ssa', { ours: '2' }), {
      fieldManager: 'second',
      force: true,
    });
    // `second` no longer gives `theirs`, so that field goes.
    expect(after.data).toEqual({ ours: '2' });
  });

  it('with a uid never creates the object anew', async () => {
    const made = await client.apply(configMap('once', {}), { fieldManager: 'test' });
    await client.delete(builtin.ConfigMap, 'default', 'once');
    const object = configMap('once', {});
    object.metadata.uid = made.metadata.uid ?? '';
    expect(await failure(client.apply(object, { fieldManager: 'test' }))).toMatchObject({
      disposition: 'conflict',
    });
    expect(await client.get(builtin.ConfigMap, 'default', 'once')).toBeUndefined();
  });

  it('stores nothing in a dry run', async () => {
    const answer = await client.apply(configMap('dry', { a: 'b' }), { fieldManager: 'test', dryRun: true });
    expect(answer.data).toEqual({ a: 'b' });
    expect(await client.get(builtin.ConfigMap, 'default', 'dry')).toBeUndefined();
  });

  it('writes status through its own path, spec untouched', async () => {
    const made = await client.apply(deployment('status'), { fieldManager: 'test' });
    const status = { ...made, spec: { replicas: 9 }, status: { observedGeneration: 1, replicas: 3 } };
    await client.applyStatus(status, { fieldManager: 'status-writer' });
    const read = await client.get(builtin.Deployment, 'default', 'status');
    expect(read?.status).toMatchObject({ observedGeneration: 1, replicas: 3 });
    expect(read?.spec).toMatchObject({ replicas: 1 });
    expect(read?.metadata.generation).toBe(1);
  });

  it('scales through /scale, and the template apply leaves the count alone', async () => {
    await client.apply(deployment('scaled'), { fieldManager: 'template' });
    await client.applyScale(builtin.Deployment, 'default', 'scaled', 7, {
      fieldManager: 'scaler',
      force: true,
    });
    await client.apply(deployment('scaled'), { fieldManager: 'template', force: true });
    const read = await client.get(builtin.Deployment, 'default', 'scaled');
    expect(read?.spec).toMatchObject({ replicas: 7 });
    const managed = read?.metadata.managedFields as { manager: string; subresource?: string }[];
    expect(managed.find((entry) => entry.manager === 'scaler')).toMatchObject({ subresource: 'scale' });
  });
});

describe('other writes', () => {
  it('changes finalizers only at the version that was read', async () => {
    const made = await client.create(configMap('finalized', {}), { fieldManager: 'test' });
    const at = (resourceVersion: string | undefined) =>
      client.patchJson(
        builtin.ConfigMap,
        'default',
        'finalized',
        [{ op: 'add', path: '/metadata/finalizers', value: ['example.com/hold'] }],
        { fieldManager: 'test', resourceVersion },
      );
    expect(await failure(at('1'))).toMatchObject({ code: 409, disposition: 'conflict' });
    expect((await at(made.metadata.resourceVersion)).metadata.finalizers).toEqual(['example.com/hold']);
  });

  it('conflicts in a merge patch at an outdated version', async () => {
    const made = await client.create(configMap('merged', { n: '1' }), { fieldManager: 'test' });
    const patch = (n: string) => ({
      metadata: { resourceVersion: made.metadata.resourceVersion },
      data: { n },
    });
    await client.patch(builtin.ConfigMap, 'default', 'merged', patch('2'), { fieldManager: 'test' });
    const late = client.patch(builtin.ConfigMap, 'default', 'merged', patch('3'), { fieldManager: 'test' });
    expect(await failure(late)).toMatchObject({ code: 409, disposition: 'conflict' });
  });

  it('deletes only the incarnation it was told to, and takes an absent object for done', async () => {
    await client.create(configMap('incarnation', {}), { fieldManager: 'test' });
    const other = client.delete(builtin.ConfigMap, 'default', 'incarnation', {
      uid: '00000000-0000-0000-0000-000000000000',
    });
    expect(await failure(other)).toMatchObject({ code: 409, disposition: 'conflict' });
    await client.delete(builtin.ConfigMap, 'default', 'incarnation');
    await client.delete(builtin.ConfigMap, 'default', 'incarnation');
    expect(await client.get(builtin.ConfigMap, 'default', 'incarnation')).toBeUndefined();
  });

  it('is refused an eviction by a disruption budget, and may evict without one', async () => {
    const pod = (name: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'example.com/main:1' }] },
    });
    await client.create(pod('guarded'), { fieldManager: 'test' });
    await client.create(pod('free'), { fieldManager: 'test' });
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await client.applyStatus({ ...pod('guarded'), status: ready }, { fieldManager: 'kubelet' });
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'guard', namespace: 'default' },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'guarded' } } },
    };
    await client.apply(budget, { fieldManager: 'test' });
    expect(await failure(client.evict('default', 'guarded'))).toMatchObject({
      code: 429,
      disposition: 'backoff',
    });
    await client.evict('default', 'free', { gracePeriodSeconds: 0 });
    expect(await client.get(builtin.Pod, 'default', 'free')).toBeUndefined();
    await client.evict('default', 'free');
  });

  it('asks the fence before each write and never before a read', async () => {
    let asked = 0;
    const fenced = client.scoped({
      fence: () => {
        asked += 1;
        throw new Error('not the leader any more');
      },
    });
    await expect(fenced.apply(configMap('fenced', {}), { fieldManager: 'test' })).rejects.toThrow(
      'not the leader',
    );
    expect(await fenced.get(builtin.ConfigMap, 'default', 'fenced')).toBeUndefined();
    expect(asked).toBe(1);
  });
});

describe('warnings of the API server', () => {
  it('are handed on with the request that they belong to', async () => {
    const heard: string[][] = [];
    const listening = createKubeClient({
      config: loadKubeConfig({ path: api.kubeconfig }),
      clock: systemClock,
      onWarning: (...warning) => heard.push(warning),
    });
    const object = deployment('twice');
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    object.spec = {
      ...(object.spec as object),
      template: {
        metadata: { labels: { app: 'twice' } },
        spec: { containers: [{ name: 'main', image: 'example.com/main:1', env }] },
      },
    };
    try {
      await listening.apply(deployment('once'), { fieldManager: 'test' });
      expect(heard).toEqual([]);
      await listening.create(object, { fieldManager: 'test' });
      expect(heard).toEqual([
        [expect.stringContaining('deployments'), expect.stringContaining('hides previous definition of "A"')],
      ]);
    } finally {
      await listening.close();
    }
  });
});

describe('errors', () => {
  it('says what was wrong with an object that is not valid', async () => {
    const error = await failure(client.create(configMap('Not_A_Name', {}), { fieldManager: 'test' }));
    expect(error).toMatchObject({ code: 422, reason: 'Invalid', disposition: 'terminal' });
    expect(error.message).toContain('metadata.name');
  });

  it('tells an unknown namespace from a duplicate', async () => {
    const lost = { ...configMap('lost', {}), metadata: { name: 'lost', namespace: 'nowhere' } };
    expect(await failure(client.create(lost, { fieldManager: 'test' }))).toMatchObject({
      code: 404,
      disposition: 'gone',
    });
    await client.create(configMap('twice', {}), { fieldManager: 'test' });
    expect(await failure(client.create(configMap('twice', {}), { fieldManager: 'test' }))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
  });

  it('calls missing permission and a wrong token forbidden', async () => {
    const visitorConfig = loadKubeConfig({ path: api.kubeconfig, context: 'visitor' });
    const visitor = createKubeClient({ config: visitorConfig, clock: systemClock });
    expect(await failure(visitor.list(builtin.Secret))).toMatchObject({
      code: 403,
      disposition: 'forbidden',
    });
    await visitor.close();
    const config = loadKubeConfig({ path: api.kubeconfig });
    config.users = [{ name: 'admin', token: 'wrong' }];
    const stranger = createKubeClient({ config, clock: systemClock });
    expect(await failure(stranger.list(builtin.Secret))).toMatchObject({
      code: 401,
      disposition: 'forbidden',
    });
    await stranger.close();
  });

  it('ends a call at its time limit, and at the abort of its caller with the caller’s reason', async () => {
    api.pauseServer();
    try {
      expect(await failure(client.raw('/version', { timeoutMs: 200 }))).toMatchObject({
        code: 0,
        reason: 'Timeout',
        disposition: 'backoff',
      });
      const caller = new AbortController();
      const call = client.raw('/version', { signal: caller.signal });
      caller.abort(new Error('changed my mind'));
      await expect(call).rejects.toThrow('changed my mind');
    } finally {
      api.resumeServer();
    }
  });

  it('names a refused connection', async () => {
    const config = loadKubeConfig({ path: api.kubeconfig });
    config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: 'https://127.0.0.1:1' }));
    const lost = createKubeClient({ config, clock: systemClock });
    expect(await failure(lost.raw('/version'))).toMatchObject({
      code: 0,
      reason: 'Unreachable',
      disposition: 'backoff',
    });
    await lost.close();
  });
});
