import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { repository } from '../../cluster/paths.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import { FURTHER_VOLUMES } from '../samples/containers.ts';
import { PRESENCE_PODS, REDIS_PODS } from '../samples/pods.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

/** Settings of pods on a real API server, which refuses a workload with a field that is wrong. */

/** A quiet Tuesday: no peak, no wedding. */
const QUIET = '2027-06-01T10:00:00Z';
const PAGE = readFileSync(path.join(repository, 'docs/how-to/pods.md'), 'utf8');
const DEPLOYMENT = 'Deployment/wedsync-presence';
const SHARD = 'StatefulSet/wedsync-redis-0';

let world: OperatorWorld;
let operator: RunningOperator;

beforeAll(async () => {
  world = await OperatorWorld.start();
  world.clock.set(QUIET);
  operator = world.startOperator();
});

afterAll(async () => {
  await operator?.stop();
  await world?.close();
});

/** Until the spec that was applied last is what all objects are made by. */
async function applied(namespace: string): Promise<void> {
  await world.until(`${namespace} is applied`, async () => {
    const { metadata, status } = await world.cluster(namespace);
    const isCurrent = status?.observedGeneration === metadata.generation;
    return isCurrent && (await world.condition(namespace, 'ChildrenApplied')).startsWith('True');
  });
}

async function make(namespace: string, spec: Record<string, unknown>): Promise<void> {
  await world.makeNamespace(namespace);
  await world.makeCluster(namespace, spec);
  await applied(namespace);
}

async function child(namespace: string, key: string): Promise<KubeObject> {
  const found = (await world.children(namespace)).get(key);
  if (!found) throw new Error(`${key} is not there`);
  return found;
}

interface Template {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the shape of a pod spec; tests name the fields they read.
  spec: any;
}
const templateOf = async (namespace: string, key: string): Promise<Template> =>
  ((await child(namespace, key)).spec as { template: Template }).template;

describe('each example of the page', () => {
  const examples = fencedBlocks(PAGE, 'yaml').map((text, index) => ({ index, spec: parse(text).spec }));

  it('is there', () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  it.each(examples)(
    'is taken by the API server, and so are the objects made of it: $index',
    async (example) => {
      await make(`example-${example.index}`, example.spec);
    },
  );

  it('reaches the pods', async () => {
    const [redis, presence] = [
      await templateOf('example-0', SHARD),
      await templateOf('example-0', DEPLOYMENT),
    ];
    expect(redis.spec.nodeSelector).toEqual({ 'kubernetes.io/arch': 'amd64' });
    expect(redis.spec.topologySpreadConstraints).toHaveLength(2);
    expect(presence.spec.affinity.nodeAffinity).toBeDefined();
    const resources = (await templateOf('example-1', DEPLOYMENT)).spec.containers[0].resources;
    expect(resources.requests).toEqual({ cpu: '250m', memory: '268435456' });
    const balanced = examples.findIndex(({ spec }) => spec.presence?.service !== undefined);
    const service = (await child(`example-${balanced}`, 'Service/wedsync-presence')).spec as Record<
      string,
      unknown
    >;
    expect(service).toMatchObject({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  });
});

describe('every setting that there is', () => {
  it('makes workloads that the API server takes, and that are not written again and again', async () => {
    const common = { labels: { 'cost-centre': 'weddings' }, annotations: { owner: 'platform' } };
    const volumes = [...REDIS_PODS.volumes, ...FURTHER_VOLUMES];
    const update = { maxSurge: '50%', minReadySeconds: 5 };
    await make('all', {
      commonMetadata: common,
      redis: { pods: { ...REDIS_PODS, volumes }, service: { ipFamilyPolicy: 'PreferDualStack' } },
      presence: { pods: { ...PRESENCE_PODS, volumes }, update },
    });
    await world.untilQuiet(operator, 'all');
    const { metadata, spec } = await templateOf('all', SHARD);
    expect(metadata).toMatchObject({ labels: { 6: 'test' }, annotations: { 6: 'test' } });
    expect(spec).toMatchObject({ priorityClassName: 'weddings', schedulerName: 'other' });
    expect(spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toHaveLength(2);
    expect(metadata).toMatchObject(common);
    expect(spec).toMatchObject({ runtimeClassName: 'sandbox', dnsPolicy: 'None' });
    expect(spec.hostAliases).toEqual(REDIS_PODS.hostAliases);
    expect(spec.volumes).toMatchObject(
      expect.arrayContaining(FURTHER_VOLUMES.map(({ name }) => expect.objectContaining({ name }))),
    );
    const account = await child('all', 'ServiceAccount/wedsync-presence');
    expect(account.metadata.annotations).toEqual({ 6: 'test', ...common.annotations });
    const deployment = (await child('all', DEPLOYMENT)).spec as Template['spec'];
    expect(deployment).toMatchObject({
      minReadySeconds: 5,
      strategy: { rollingUpdate: { maxSurge: '50%' } },
    });
    expect(deployment.template.spec.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    const services = (await child('all', 'Service/wedsync-redis')).spec;
    expect(services).toMatchObject({ ipFamilyPolicy: 'PreferDualStack' });
  });

  it('is labelled by one field, objects and pods alike', async () => {
    const children = [...(await world.children('all'))];
    const without = children.filter(([, { metadata }]) => metadata.labels?.['cost-centre'] !== 'weddings');
    expect(without.map(([key]) => key)).toEqual([]);
    const notNoted = children.filter(([, { metadata }]) => metadata.annotations?.owner !== 'platform');
    expect(notNoted.map(([key]) => key)).toEqual([]);
    for (const name of ['wedsync-redis-acl', 'wedsync-presence-auth']) {
      const secret = await world.client.get(builtin.Secret, 'all', name);
      expect(secret?.metadata).toMatchObject({
        labels: { 'cost-centre': 'weddings' },
        annotations: { owner: 'platform' },
      });
    }
  });

  it('goes when it is taken away', async () => {
    await make('all', {});
    expect((await child('all', 'ServiceAccount/wedsync-presence')).metadata.annotations ?? {}).toEqual({});
    const { metadata: service, spec: families } = await child('all', 'Service/wedsync-redis');
    expect(service.labels).not.toHaveProperty('cost-centre');
    expect(families).not.toMatchObject({ ipFamilyPolicy: 'RequireDualStack' });
    const { metadata, spec } = await templateOf('all', DEPLOYMENT);
    expect(metadata.annotations ?? {}).toEqual({});
    expect(spec.priorityClassName ?? '').toBe('');
    expect(spec.containers[0].envFrom ?? []).toEqual([]);
  });
});

describe('in a freeze', () => {
  const window = { name: 'now', from: QUIET, until: '2027-06-02T10:00:00Z', reason: 'a test' };
  const settings = {
    redis: { disruptionBudget: { enabled: false } },
    presence: { disruptionBudget: { enabled: false } },
  };

  it('a setting of pods waits, and a Service changes', async () => {
    await make('frozen', { freeze: { windows: [window] } });
    const before = await templateOf('frozen', DEPLOYMENT);
    const presence = {
      pods: { metadata: { labels: { team: 'crew' } } },
      service: { annotations: { note: 'x' } },
    };
    await make('frozen', { freeze: { windows: [window] }, presence });
    await world.until('the change is held', async () =>
      (await world.condition('frozen', 'RolloutHeld')).startsWith('True'),
    );
    expect(await templateOf('frozen', DEPLOYMENT)).toEqual(before);
    expect((await child('frozen', 'Service/wedsync-presence')).metadata.annotations).toEqual({ note: 'x' });
    await make('frozen', { presence });
    await world.until('the change is out', async () => {
      return (await templateOf('frozen', DEPLOYMENT)).metadata.labels.team === 'crew';
    });
  });

  it('there are disruption budgets, also when they are off', async () => {
    await make('budgets', settings);
    const budgets = async () =>
      [...(await world.children('budgets')).keys()].filter((key) => key.startsWith('PodDisruptionBudget'));
    expect(await budgets()).toEqual([]);
    await make('budgets', { ...settings, freeze: { windows: [window] } });
    await world.until('both are made', async () => (await budgets()).length === 2);
    const budget = await child('budgets', 'PodDisruptionBudget/wedsync-redis');
    expect(budget.spec).toMatchObject({ maxUnavailable: 0 });
    await make('budgets', settings);
    await world.until('both are gone', async () => (await budgets()).length === 0);
  });
});

describe('what the schema cannot know', () => {
  it('is reported as the API server words it, and everything else goes on', async () => {
    await make('wrong', {});
    const pods = { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'no.such.field' } } }] };
    await world.makeCluster('wrong', { presence: { pods }, redis: { shards: 4 } });
    const message = await world.until('the refusal is a condition', async () => {
      const { status } = await world.cluster('wrong');
      const found = status?.conditions?.find(({ type }) => type === 'ChildrenApplied');
      return found?.status === 'False' && found.message;
    });
    expect(message).toContain('no.such.field');
    await world.until('the new shard is made', async () =>
      (await world.children('wrong')).has('StatefulSet/wedsync-redis-3'),
    );
  });
});

it('server-side apply owns each setting by itself, so that two users may set two', async () => {
  await world.makeNamespace('two-users');
  const set = (manager: string, pods: object) =>
    world.client.apply(
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'PresenceCluster',
        metadata: { name: 'wedsync', namespace: 'two-users' },
        spec: { timeZone: 'Europe/London', presence: { pods } },
      },
      { fieldManager: manager },
    );
  await set(PERSON.fieldManager, { env: [{ name: 'A', value: '1' }], metadata: { labels: { a: '1' } } });
  await set('another', { env: [{ name: 'B', value: '2' }], metadata: { labels: { b: '2' } } });
  const { spec } = await world.cluster('two-users');
  expect(spec.presence.pods).toMatchObject({
    metadata: { labels: { a: '1', b: '2' } },
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ],
  });
});
