import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { API_VERSION } from '../../api/schema/group.ts';
import { type ChangeFreezeStatus, changeFreezeSpec } from '../../api/v1alpha1/change-freeze.ts';
import type { ChangeFreeze, RolloutOverride, Wedding } from '../../api/v1alpha1/kinds.ts';
import { PROTECTED_NAMESPACES } from '../../domain/change-freeze/protected-namespaces.ts';
import { createStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { LeaseClock } from '../freeze-clock/lease-clock.ts';
import { MAX_CHANGE_FREEZE_BYTES, NamespaceChangeFreezes } from './namespace-change-freezes.ts';
import { ChangeFreezeReconciler } from './reconcile.ts';

const START = '2027-06-01T10:00:00Z';
const LEASE = { namespace: 'kube-system', name: 'kube-controller-manager' };
const KEY = 'presence.wedsync.io/change-windows.weekend';
const LABEL = 'presence.wedsync.io/change-freezes';
const WINDOW = {
  name: 'sale',
  from: '2027-06-01T10:00:20Z',
  until: '2027-06-01T12:00:00Z',
  reason: 'the sale',
};

let client: MemoryKubeClient;
let clock: ManualClock;

function world({ lease = true } = {}) {
  const changeFreezes = createStore<ChangeFreeze>();
  const overrides = createStore<RolloutOverride>();
  const reconciler = new ChangeFreezeReconciler({
    client,
    clock,
    changeFreezes,
    overrides,
    weddings: createStore<Wedding>(),
    namespaces: new NamespaceChangeFreezes({ client, exists: (key) => changeFreezes.get(key) !== undefined }),
    leaseClock: new LeaseClock({
      client,
      clock,
      lease: lease ? LEASE : undefined,
      check: { namespace: 'operators', name: 'clock-check' },
    }),
    matchedResources: ['clusters.postgresql.cnpg.io'],
  });
  const apply = (spec: object, name = 'weekend', namespace = 'shop') => {
    const object = {
      apiVersion: API_VERSION,
      kind: 'ChangeFreeze',
      metadata: { name, namespace, generation: 1 },
      spec: changeFreezeSpec.parse({ allWorkloads: true, windows: [WINDOW], ...spec }),
    };
    client.put(object);
    changeFreezes.put(object as ChangeFreeze);
  };
  const pass = async (name = 'weekend', namespace = 'shop') => {
    const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
    const outcome = await reconciler.reconcile(`${namespace}/${name}`, context);
    const status = client.of(`ChangeFreeze/${name}`)?.status as ChangeFreezeStatus | undefined;
    const stored = client.of(`ChangeFreeze/${name}`);
    if (stored !== undefined) changeFreezes.put(stored as ChangeFreeze);
    return {
      outcome,
      status,
      condition: (type: string) => status?.conditions?.find((each) => each.type === type),
    };
  };
  return { apply, pass, changeFreezes, overrides };
}

const namespace = () => client.of('Namespace/shop')?.metadata;
const putNamespace = (annotations: Record<string, string> = {}) =>
  client.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', annotations } });

beforeEach(() => {
  client = new MemoryKubeClient();
  clock = new ManualClock(START);
  putNamespace({ team: 'a' });
  client.put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: LEASE,
    spec: { renewTime: START },
  });
});

describe('ChangeFreezeReconciler', () => {
  it('writes windows and label ahead, and looks again when a window begins', async () => {
    const { apply, pass } = world();
    apply({});
    const { outcome, status, condition } = await pass();
    expect(namespace()?.annotations?.[KEY]).toContain(`${WINDOW.from}/${WINDOW.until} sale: the sale`);
    expect(namespace()?.labels).toEqual({ [LABEL]: 'true' });
    expect(status).toMatchObject({ phase: 'Open', knownUntil: '2027-06-29T00:00:00Z' });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'Enforced' });
    expect(outcome).toEqual({ kind: 'requeueAt', at: new Date(WINDOW.from) });
    await clock.advance(20_000);
    expect((await pass()).status?.phase).toBe('Frozen');
    expect(namespace()?.annotations?.[KEY]).toContain(`seen=${WINDOW.from}`);
  });

  it('takes annotations and label away with the last ChangeFreeze', async () => {
    const { apply, pass, changeFreezes } = world();
    apply({});
    apply({}, 'other');
    await pass();
    await pass('other');
    changeFreezes.remove('shop/weekend');
    await pass();
    expect(namespace()?.annotations?.[KEY] ?? null).toBeNull();
    expect(namespace()?.labels?.[LABEL]).toBe('true');
    changeFreezes.remove('shop/other');
    await pass('other');
    expect(namespace()?.labels?.[LABEL] ?? null).toBeNull();
    expect(namespace()?.annotations?.team).toBe('a');
  });

  it('keeps what was written when the spec is not accepted any more', async () => {
    const { apply, pass } = world();
    apply({});
    await pass();
    const before = namespace()?.annotations?.[KEY];
    const stored = client.of('ChangeFreeze/weekend');
    apply({
      timeZone: 'Not/AZone',
      windows: [{ ...WINDOW, from: '2027-06-01T10:00', until: '2027-06-02T10:00' }],
    });
    client.put({ ...client.of('ChangeFreeze/weekend'), status: stored?.status } as never);
    const { condition } = await pass();
    expect(condition('Accepted')).toMatchObject({ status: 'False', reason: 'UnknownTimeZone' });
    expect(condition('Enforced')).toMatchObject({ status: 'False', reason: 'NotAccepted' });
    expect(namespace()?.annotations?.[KEY]).toBe(before);
  });

  it.each([
    ['no clock is configured', { lease: false }, {}, 'NoClock'],
    [
      'the policies do not match a custom resource',
      {},
      { customResources: [{ group: 'kafka.strimzi.io', resource: 'kafkas' }] },
      'ResourceNotMatched',
    ],
  ])('says that it is not enforced when %s', async (_what, options, spec, reason) => {
    const { apply, pass } = world(options);
    apply(spec);
    expect((await pass()).condition('Enforced')).toMatchObject({ status: 'False', reason });
  });

  it.each(PROTECTED_NAMESPACES)('freezes nothing in %s, whatever was written there', async (name) => {
    const { apply, pass } = world();
    const annotations = { [KEY]: 'seen', team: 'a' };
    client.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } });
    apply({}, 'weekend', name);
    expect((await pass('weekend', name)).condition('Enforced')).toMatchObject({
      status: 'False',
      reason: 'ProtectedNamespace',
    });
    expect(client.of(`Namespace/${name}`)?.metadata.annotations?.[KEY] ?? null).toBeNull();
  });

  it('says that it is not enforced while the Lease stands still', async () => {
    const { apply, pass } = world();
    apply({});
    await clock.advance(60_000);
    expect((await pass()).condition('Enforced')).toMatchObject({
      reason: 'NoClock',
      message: expect.stringContaining('kube-system/kube-controller-manager is not renewed'),
    });
  });

  it('says that it is not enforced without room or right, and leaves the others alone', async () => {
    const full = 'x'.repeat(MAX_CHANGE_FREEZE_BYTES - 100);
    const { apply, pass } = world();
    apply({});
    apply({}, 'other');
    putNamespace({ 'presence.wedsync.io/change-windows.other': full });
    expect((await pass()).condition('Enforced')).toMatchObject({ reason: 'NoRoom' });
    expect(namespace()?.annotations?.['presence.wedsync.io/change-windows.other']).toBe(full);
    putNamespace();
    client.refuse('patch', 'Namespace/shop', 403);
    expect((await pass()).condition('Enforced')).toMatchObject({ reason: 'NotWritten' });
  });
});
