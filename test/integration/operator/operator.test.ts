import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

/** A quiet Tuesday: no peak, no wedding. */
const QUIET = '2027-06-01T10:00:00Z';
const NAMESPACES = ['one', 'two'];
const CHILDREN = 17;

let world: OperatorWorld;
let operator: RunningOperator;

beforeAll(async () => {
  world = await OperatorWorld.start();
  world.clock.set(QUIET);
  operator = world.startOperator();
  for (const namespace of NAMESPACES) {
    await world.makeNamespace(namespace);
    await world.makeCluster(namespace);
  }
  for (const namespace of NAMESPACES) await settled(namespace);
}, 600_000);

afterAll(() => world?.close());
beforeEach(() => world.clock.set(QUIET));

/** Until everything is made and status speaks of the newest spec. */
async function settled(namespace: string): Promise<void> {
  await world.until(`${namespace} is settled`, async () => {
    const { metadata, status } = await world.cluster(namespace);
    const current = status?.observedGeneration === metadata.generation;
    return current && (await world.children(namespace)).size === CHILDREN;
  });
}

type Managers = Record<string, object>;

/** Field managers that wrote an object, each with the fields that it owns. */
function managersOf({ metadata }: KubeObject): Managers {
  const entries = metadata.managedFields as { manager: string; fieldsV1: object }[];
  return Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1]));
}

async function child(namespace: string, key: string): Promise<KubeObject> {
  const found = (await world.children(namespace)).get(key);
  if (!found) throw new Error(`${key} is not there`);
  return found;
}

const DEPLOYMENT = 'Deployment/wedsync-presence';
const imageOf = ({ spec }: KubeObject) =>
  (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]?.image;
const replicasOf = ({ spec }: KubeObject) => (spec as { replicas?: number }).replicas;

describe('children', () => {
  it('are made for each PresenceCluster, in its own namespace', async () => {
    const [one, two] = await Promise.all(NAMESPACES.map((namespace) => world.children(namespace)));
    expect([...(one?.keys() ?? [])]).toEqual([...(two?.keys() ?? [])]);
    const uids = await Promise.all(NAMESPACES.map(async (name) => (await world.cluster(name)).metadata.uid));
    for (const [index, children] of [one, two].entries())
      for (const { metadata } of children?.values() ?? [])
        expect(metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([uids[index]]);
  });

  it('have one field manager a concern', async () => {
    // Another controller gives the Deployment its number.
    await world.until('the number of pods is written', async () =>
      Object.keys(managersOf(await child('one', DEPLOYMENT))).includes('presence-autoscaler'),
    );
    for (const [key, object] of await world.children('one')) {
      const managers = managersOf(object);
      if (key === 'RolloutFreeze/wedsync') expect(Object.keys(managers)).toEqual(['presence-freeze']);
      else if (key === DEPLOYMENT) {
        expect(Object.keys(managers).sort()).toEqual(['presence-autoscaler', 'presence-operator']);
        expect(managers['presence-autoscaler']).toEqual({ 'f:spec': { 'f:replicas': {} } });
        expect(managers['presence-operator']).not.toHaveProperty(['f:spec', 'f:replicas']);
      } else expect([key, Object.keys(managers)]).toEqual([key, ['presence-operator']]);
    }
    const own = (await world.cluster('one')) as unknown as KubeObject;
    expect(managersOf(own)['presence-operator']).toEqual({ 'f:status': expect.anything() });
  });

  it('are as many presence pods as the calendar says, to the second', async () => {
    const replicas = async () => replicasOf(await child('one', DEPLOYMENT));
    await world.until('season 3 × baseline 2', async () => (await replicas()) === 6);
    world.clock.set('2027-06-01T16:59:58Z');
    await world.until('the peak doubles it', async () => (await replicas()) === 12);
    expect(world.clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse('2027-06-01T17:00:00Z'));
    world.clock.set(QUIET);
    await world.until('and back', async () => (await replicas()) === 6);
  });

  it('come back when they are deleted', async () => {
    const before = await world.children('one');
    const keys = [...before.keys()];
    for (const type of [
      ...[builtin.Service, builtin.ServiceAccount, builtin.ConfigMap, builtin.PodDisruptionBudget],
      ...[builtin.NetworkPolicy, builtin.Deployment, builtin.StatefulSet, ownType('RolloutFreeze')],
    ]) {
      const victim = keys.find((key) => key.startsWith(`${type.kind}/`)) ?? '';
      await world.client.delete(type, 'one', before.get(victim)?.metadata.name ?? '');
      const again = await world.until(`${victim} is back`, async () =>
        (await world.children('one')).get(victim),
      );
      expect(again.metadata.uid).not.toBe(before.get(victim)?.metadata.uid);
    }
    await world.until('the number of pods is back', async () => {
      return replicasOf(await child('one', DEPLOYMENT)) === 6;
    });
  });

  it('are without NetworkPolicies where these are switched off, and the API server takes what the spec names', async () => {
    const isPolicy = (key: string) => key.startsWith('NetworkPolicy/');
    const policies = async () => [...(await world.children('two')).keys()].filter(isPolicy).sort();
    expect(await policies()).toEqual(['NetworkPolicy/wedsync-presence', 'NetworkPolicy/wedsync-redis']);
    const monitoring = [
      { namespaceSelector: { matchLabels: { team: 'observers' } }, podSelector: {} },
      { cidr: 'fd00::/8' },
    ];
    await world.makeCluster('two', { networkPolicy: { monitoring } });
    await world.until('the peers of the spec are in the policy', async () => {
      const { spec } = await child('two', 'NetworkPolicy/wedsync-presence');
      return JSON.stringify(spec).includes('fd00::/8');
    });
    await world.makeCluster('two', { networkPolicy: { enabled: false } });
    await world.until('they are gone', async () => (await policies()).length === 0);
    await world.makeCluster('two');
    await settled('two');
  });

  it('get our fields back, and keep those of others', async () => {
    const patch = { metadata: { annotations: { 'example.com/mine': 'yes' } }, spec: { minReadySeconds: 7 } };
    await world.client.patch(builtin.Deployment, 'one', 'wedsync-presence', patch, PERSON);
    const changes = [
      { spec: { template: { spec: { containers: [{ name: 'presence', image: 'evil:1' }] } } } },
      { metadata: { labels: { 'app.kubernetes.io/part-of': 'other' } } },
      { metadata: { annotations: { 'presence.wedsync.io/released-template': null } } },
    ];
    const before = await child('one', DEPLOYMENT);
    for (const change of changes) {
      await world.client.patch(builtin.Deployment, 'one', 'wedsync-presence', change, PERSON);
      await world.until('it is undone', async () => {
        const { metadata, spec } = await child('one', DEPLOYMENT);
        expect({ ...metadata.labels, ...metadata.annotations }).toEqual({
          ...before.metadata.labels,
          ...before.metadata.annotations,
        });
        expect(spec).toEqual(before.spec);
        return true;
      });
    }
    expect(before).toMatchObject({
      metadata: { annotations: { 'example.com/mine': 'yes' } },
      spec: { minReadySeconds: 7 },
    });
  });

  it('lose no other when one is refused, and status says what is', async () => {
    await world.makeNamespace('refused');
    const service = { type: 'NodePort', nodePort: 80 };
    await world.makeCluster('refused', { presence: { service } });
    await world.until('all others are made', async () => {
      const children = await world.children('refused');
      return children.size === CHILDREN - 1 && replicasOf(children.get(DEPLOYMENT) as KubeObject) === 6;
    });
    await world.until('it is told', async () =>
      (await world.events('refused')).some((event) => /^Warning ApplyFailed .*wedsync-presence/.test(event)),
    );
    // Status is written after the objects, and beside the events.
    await world.untilCondition('refused', 'Accepted', 'True Accepted');
    await world.makeCluster('refused', { presence: { service: { type: 'NodePort' } } });
    await settled('refused');
  });
});

describe('status', () => {
  it('is written once when nothing changes, and events do not repeat', async () => {
    await settled('one');
    world.clock.hold();
    await world.untilQuiet(operator, 'one');
    const [versions, events] = [await world.versions('one'), await world.events('one')];
    await world.letPass(operator, 'one', 6);
    expect(await world.versions('one')).toEqual(versions);
    expect((await world.events('one')).sort()).toEqual(events.sort());
    expect(new Set(events).size).toBe(events.length);
    expect(events).toContain('Normal Accepted PresenceCluster/wedsync: The spec is in use.');
  });

  it('does not move, and nothing else does, when the operator starts again', async () => {
    const snapshot = async () => [await world.versions('one'), await world.versions('two')];
    world.clock.hold();
    for (const namespace of NAMESPACES) await world.untilQuiet(operator, namespace);
    await operator.stop();
    const before = await snapshot();
    operator = world.startOperator();
    await world.letPass(operator, 'one', 6);
    expect(await snapshot()).toEqual(before);
  });

  it('keeps the last accepted spec while a newer one is not understood', async () => {
    await world.makeCluster('two', { timeZone: 'Mars/Olympus', presence: { image: 'own:2' } });
    await world.until('it is refused', async () => {
      return (await world.condition('two', 'Accepted')) === 'False UnknownTimeZone';
    });
    const { status, metadata } = await world.cluster('two');
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      acceptedSpec: { timeZone: 'Europe/London' },
    });
    expect(imageOf(await child('two', DEPLOYMENT))).toBe('presence:1');
    world.clock.set('2027-06-01T17:30:00Z');
    await world.until('the calendar goes on', async () => {
      return replicasOf(await child('two', DEPLOYMENT)) === 12;
    });
    await world.makeCluster('two', { presence: { image: 'own:2' } });
    await world.until('it is accepted', async () => imageOf(await child('two', DEPLOYMENT)) === 'own:2');
    await settled('two');
    expect(await world.condition('two', 'Accepted')).toBe('True Accepted');
  });

  it('says why nothing was made of a spec that was never understood', async () => {
    await world.makeNamespace('never');
    await world.makeCluster('never', { timeZone: 'Mars/Olympus' });
    await world.until('it is refused', async () => {
      return (await world.condition('never', 'Ready')) === 'False NotAccepted';
    });
    expect((await world.children('never')).size).toBe(0);
    expect((await world.client.list(builtin.Secret, { namespace: 'never' })).items).toEqual([]);
  });
});

describe('weddings', () => {
  const SATURDAY = [{ from: '2027-06-05T07:30:00Z', until: '2027-06-06T04:00:00Z', reason: '1 wedding' }];

  it('become windows of the freeze, and an empty list again when they are deleted', async () => {
    await world.makeWedding('one', 'ada-and-grace');
    await world.until('the window is written', async () => (await world.windows('one')).length === 1);
    expect(await world.windows('one')).toMatchObject(SATURDAY);
    expect(await world.windows('two')).toEqual([]);
    await world.client.delete(ownType('Wedding'), 'one', 'ada-and-grace');
    await world.until('the list is empty', async () => (await world.windows('one')).length === 0);
    expect(await world.windows('one')).toEqual([]);
    expect(managersOf(await child('one', 'RolloutFreeze/wedsync'))).toHaveProperty([
      ...['presence-freeze', 'f:spec', 'f:windows'],
    ]);
  });

  it('freeze the PresenceCluster while they are on, hold a rollout, and let it out afterwards', async () => {
    await world.makeWedding('one', 'ada-and-grace');
    world.clock.set('2027-06-05T07:29:58Z');
    await world.until(
      'frozen',
      async () => (await world.condition('one', 'Frozen')) === 'True WeddingActive',
    );
    await world.makeCluster('one', { presence: { image: 'own:3' } });
    await world.until(
      'held',
      async () => (await world.condition('one', 'RolloutHeld')) === 'True HeldByFreeze',
    );
    expect((await world.cluster('one')).status?.held).toMatchObject([
      {
        workload: DEPLOYMENT,
        // Up to 4 s after the end, so that not all PresenceClusters begin at once.
        until: expect.stringMatching(/^2027-06-06T04:00:0[0-4]Z$/),
        fields: ['spec.containers[name=presence].image'],
      },
    ]);
    expect(imageOf(await child('one', DEPLOYMENT))).toBe('presence:1');

    world.clock.set('2027-06-06T03:59:58Z');
    await world.until('out', async () => imageOf(await child('one', DEPLOYMENT)) === 'own:3');
    expect(world.clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse('2027-06-06T04:00:00Z'));
    await world.until('nothing is held', async () => {
      const { status } = await world.cluster('one');
      return status?.held?.length === 0 && status.freeze?.active === false;
    });
    await world.until('its window is gone', async () => (await world.windows('one')).length === 0);
    const released = async () =>
      (await world.events('one')).filter((event) => event.includes('RolloutReleased'));
    // Events are sent beside the passes.
    await world.until('it is told', async () => (await released()).length > 0);
    expect(await released()).toEqual([
      `Normal RolloutReleased PresenceCluster/wedsync: Applied a new pod template to ${DEPLOYMENT}`,
    ]);
    await world.client.delete(ownType('Wedding'), 'one', 'ada-and-grace');
  });

  it('of one PresenceCluster do not freeze another, and may move to another', async () => {
    await world.client.apply(
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'PresenceCluster',
        metadata: { name: 'second', namespace: 'two' },
        spec: { timeZone: 'Europe/London' },
      },
      PERSON,
    );
    const windows = async () =>
      Promise.all(
        ['wedsync', 'second'].map(async (name) => {
          const freeze = await world.client.get(ownType('RolloutFreeze'), 'two', name);
          return (freeze?.spec as { windows: unknown[] } | undefined)?.windows.length;
        }),
      );
    await world.makeWedding('two', 'moving', { presenceClusterName: 'wedsync' });
    await world.until('one is frozen', async () => String(await windows()) === '1,0');
    await world.makeWedding('two', 'moving', { presenceClusterName: 'second' });
    await world.until('the other is frozen', async () => String(await windows()) === '0,1');
  });

  it('show their phase by the clock', async () => {
    await world.makeWedding('one', 'phases');
    const phase = async () => {
      const found = await world.client.get(ownType('Wedding'), 'one', 'phases');
      return (found?.status as { phase?: string } | undefined)?.phase;
    };
    await world.until('before', async () => (await phase()) === 'Upcoming');
    world.clock.set('2027-06-05T14:00:00Z');
    await world.client.patch(
      ...([
        ownType('Wedding'),
        'one',
        'phases',
        { metadata: { labels: { look: 'again' } } },
        PERSON,
      ] as const),
    );
    await world.until('on', async () => (await phase()) === 'Active');
    await world.client.delete(ownType('Wedding'), 'one', 'phases');
  });
});
