import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, CATEGORY } from '../../../src/api/schema/group.ts';
import {
  KINDS,
  type KindDefinition,
  PRESENCE_CLUSTER,
  ROLLOUT_FREEZE,
  WEDDING,
} from '../../../src/api/v1alpha1/kinds.ts';
import { type KubeObject, pathOf } from '../../../src/platform/kube/resource.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { crdFile, type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { SAMPLED_KINDS } from '../samples/kinds.ts';
import { PRESENCE_CLUSTER_SAMPLES } from '../samples/presence-cluster.ts';
import { schemaFields } from '../samples/schema-fields.ts';

const WRITE = { fieldManager: 'test' };
const NAMESPACE = 'default';
const NAME = 'wedsync';

let kinds: InstalledKinds;
let kubectlProgram: string;

async function kubectl(...args: string[]): Promise<string> {
  const argv = ['--kubeconfig', kinds.server.kubeconfig, ...args];
  return (await promisify(execFile)(kubectlProgram, argv)).stdout;
}

function object(kind: KindDefinition, spec: unknown, more: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: kind.kind,
    metadata: { name: NAME, namespace: NAMESPACE },
    spec,
    ...more,
  };
}

const now = '2027-06-05T12:00:00Z';
const held = (type: string, status: string) => ({
  type,
  status,
  reason: 'Ready',
  message: 'it is',
  lastTransitionTime: now,
});

beforeAll(async () => {
  kubectlProgram = (await ensureTools()).kubectl;
  kinds = await startWithKinds();
  for (const { kind, samples } of SAMPLED_KINDS) await kinds.client.create(object(kind, samples.full), WRITE);
});

afterAll(() => kinds?.stop());

const current = async () =>
  (await kinds.client.get(PRESENCE_CLUSTER, NAMESPACE, NAME)) as KubeObject & {
    spec: { presence: { replicas?: number } };
    status?: unknown;
  };

/** The words of the first line and the cells of the first object, of `kubectl get`. */
function table(text: string): Record<string, string> {
  const [head = '', row = ''] = text.split('\n');
  const starts = [...head.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return Object.fromEntries(
    starts.map(({ name, at }, index) => [name, row.slice(at, starts[index + 1]?.at).trim()]),
  );
}

describe('kubectl get', () => {
  it('lists every kind by the category', async () => {
    const names = (await kubectl('get', CATEGORY, '-n', NAMESPACE, '-o', 'name')).trim().split('\n');
    expect(names.toSorted()).toEqual(
      KINDS.map(({ singular, group }) => `${singular}.${group}/${NAME}`).toSorted(),
    );
  });

  it.each(KINDS.map((kind) => ({ kind })))('knows $kind.kind by its names', async ({ kind }) => {
    for (const name of [kind.shortName, kind.singular, kind.plural]) {
      expect(await kubectl('get', name, '-n', NAMESPACE, '-o', 'jsonpath={.items[*].kind}')).toBe(kind.kind);
    }
  });

  it.each(KINDS.map((kind) => ({ kind })))('prints the columns of $kind.kind', async ({ kind }) => {
    const upper = (columns: typeof kind.columns) => [
      'NAME',
      ...columns.map(({ name }) => name.toUpperCase()),
    ];
    const plain = table(await kubectl('get', kind.plural, '-n', NAMESPACE));
    expect(Object.keys(plain)).toEqual(upper(kind.columns.filter(({ priority }) => priority === undefined)));
    expect(Object.keys(table(await kubectl('get', kind.plural, '-n', NAMESPACE, '-o', 'wide')))).toEqual(
      upper(kind.columns),
    );
  });
});

describe('the status subresource', () => {
  const status = {
    conditions: [held('Ready', 'True'), held('Frozen', 'False'), held('RolloutHeld', 'False')],
    presence: { replicas: 4, readyReplicas: 3, selector: `presence.wedsync.io/cluster=${NAME}` },
    redis: { state: 'Steady', message: 'nothing to do', slotsCovered: 16384, shards: [] },
    scaling: {
      floor: 12,
      desired: 4,
      season: 3,
      peak: 1,
      because: 'off',
      nextChange: { at: '2027-06-05T17:00:00Z', expect: 9, because: 'peak' },
    },
  };

  it('is written on its own path only, and its values are in the columns', async () => {
    const before = await current();
    await kinds.client.patch(
      PRESENCE_CLUSTER,
      NAMESPACE,
      NAME,
      { status: { presence: { replicas: 99 } } },
      WRITE,
    );
    expect((await current()).status).toBeUndefined();
    const spec = { timeZone: 'UTC' };
    await kinds.client.applyStatus(object(PRESENCE_CLUSTER, spec, { status }), WRITE);
    const after = await current();
    expect(after.status).toEqual(status);
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(table(await kubectl('get', 'pcl', NAME, '-n', NAMESPACE, '-o', 'wide'))).toMatchObject({
      NAME,
      READY: 'True',
      PRESENCE: '3',
      DESIRED: '4',
      SHARDS: '6',
      FLOOR: '12',
      FROZEN: 'False',
      HELD: 'False',
      'NEXT-CHANGE': '2027-06-05T17:00:00Z',
      REDIS: 'nothing to do',
    });
  });

  it('is that of a Wedding as well', async () => {
    const mine = { phase: 'Upcoming', startsAt: now, conditions: [held('Accepted', 'True')] };
    await kinds.client.applyStatus(object(WEDDING, {}, { status: mine }), WRITE);
    expect(table(await kubectl('get', 'wed', NAME, '-n', NAMESPACE, '-o', 'wide'))).toMatchObject({
      DATE: '2027-06-05',
      CEREMONY: '14:00',
      ZONE: 'Europe/London',
      STATE: 'Planned',
      PHASE: 'Upcoming',
      ACCEPTED: 'True',
    });
  });

  it('is none of a RolloutFreeze', async () => {
    const patch = kinds.client.patch(
      ROLLOUT_FREEZE,
      NAMESPACE,
      NAME,
      { status: {} },
      { ...WRITE, subresource: 'status' },
    );
    await expect(patch).rejects.toMatchObject({ code: 404 });
    expect(table(await kubectl('get', 'rfz', NAME, '-n', NAMESPACE))).toMatchObject({
      FROM: '0001-01-01T00:00:00Z',
      UNTIL: '9999-12-31T23:59:59Z',
      REASON: 'a wedding',
    });
  });
});

describe('the scale subresource', () => {
  const scalePath = pathOf(PRESENCE_CLUSTER, { namespace: NAMESPACE, name: NAME, subresource: 'scale' });

  it('shows the wanted and the present number and the selector of the pods', async () => {
    const presence = { replicas: 3, selector: 'a=b' };
    await kinds.client.applyStatus(object(PRESENCE_CLUSTER, {}, { status: { presence } }), WRITE);
    expect(JSON.parse(await kinds.client.raw(scalePath))).toMatchObject({
      kind: 'Scale',
      spec: { replicas: (await current()).spec.presence.replicas },
      status: { replicas: 3, selector: 'a=b' },
    });
  });

  it('changes spec.presence.replicas, by patch and by kubectl scale', async () => {
    await kinds.client.patch(
      PRESENCE_CLUSTER,
      NAMESPACE,
      NAME,
      { spec: { replicas: 7 } },
      { ...WRITE, subresource: 'scale' },
    );
    expect((await current()).spec.presence.replicas).toBe(7);
    await kubectl('scale', `pcl/${NAME}`, '-n', NAMESPACE, '--replicas=0');
    expect((await current()).spec.presence.replicas).toBe(0);
  });

  it('keeps the limit of the field', async () => {
    const before = await current();
    const patch = { spec: { replicas: 1001 } };
    await expect(
      kinds.client.patch(PRESENCE_CLUSTER, NAMESPACE, NAME, patch, { ...WRITE, subresource: 'scale' }),
    ).rejects.toMatchObject({ code: 422, message: expect.stringContaining('spec.presence.replicas') });
    expect((await current()).spec).toEqual(before.spec);
  });

  it('gives spec.presence.replicas its first value', async () => {
    const name = 'unset';
    const made = object(PRESENCE_CLUSTER, PRESENCE_CLUSTER_SAMPLES.minimal);
    await kinds.client.create({ ...made, metadata: { ...made.metadata, name } }, WRITE);
    const path = pathOf(PRESENCE_CLUSTER, { namespace: NAMESPACE, name, subresource: 'scale' });
    // So an autoscaler of somebody else cannot take hold of a cluster that never had a number by hand.
    await expect(kinds.client.raw(path)).rejects.toThrow('".spec.presence.replicas" does not exist');
    await kubectl('scale', `pcl/${name}`, '-n', NAMESPACE, '--replicas=3');
    const after = await kinds.client.get(PRESENCE_CLUSTER, NAMESPACE, name);
    expect(after?.spec).toMatchObject({ presence: { replicas: 3 } });
  });
});

describe('descriptions', () => {
  it.each(KINDS.map((kind) => ({ kind })))('are on every field of $kind.kind', async ({ kind }) => {
    const crd = await crdFile(kind.plural);
    const fields = [...schemaFields(crd, 'spec'), ...schemaFields(crd, 'status')];
    // Items of a list and values of a map are told about where the list or the map is.
    const named = fields.filter(({ path }) => !path.endsWith('[]') && !path.endsWith('.6'));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ description }) => !description?.trim()).map(({ path }) => path)).toEqual([]);
  });

  it('are what kubectl explain prints', async () => {
    const text = () => kubectl('explain', 'pcl.spec.presence.cacheTtlSeconds').catch(String);
    // The API server puts schemas into what it publishes some time after it serves the kind.
    await expect
      .poll(async () => (await text()).replaceAll(/\s+/g, ' '), { timeout: 60_000 })
      .toContain('Seconds for which a pod keeps the state of a wedding without connections, 60 or more.');
  });
});
