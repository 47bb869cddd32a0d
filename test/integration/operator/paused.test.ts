import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

/** A Tuesday without a wedding; season and peaks of the calendar are the defaults. */
const NOW = '2027-06-01T10:00:00Z';
const ENDS = '2027-06-01T12:00:00Z';
/** On Saturday, in the freeze around a wedding. */
const FROZEN = '2027-06-05T12:00:00Z';
const DEPLOYMENT = 'Deployment/wedsync-presence';
const BUDGET = 'PodDisruptionBudget/wedsync-redis';

let world: OperatorWorld;
let operator: RunningOperator;

beforeAll(async () => {
  world = await OperatorWorld.start();
  operator = world.startOperator();
}, 600_000);

afterAll(() => world?.close());

interface Deployment {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

async function deployment(namespace: string): Promise<Deployment['spec'] | undefined> {
  const found = (await world.children(namespace)).get(DEPLOYMENT) as (KubeObject & Deployment) | undefined;
  return found?.spec;
}

const imageOf = (spec: Deployment['spec'] | undefined) => spec?.template.spec.containers[0]?.image;

/** A PresenceCluster whose objects are all there, before anything is paused. */
async function start(namespace: string): Promise<void> {
  world.clock.set(NOW);
  await world.makeNamespace(namespace);
  await world.makeCluster(namespace, { presence: { image: 'own:1' } });
  await world.until('the pods are scaled', async () => ((await deployment(namespace))?.replicas ?? 0) > 1);
  await world.untilQuiet(operator, namespace);
}

const isPaused = (namespace: string, wanted: string) =>
  world.until(`Paused is ${wanted}`, async () => (await world.condition(namespace, 'Paused')) === wanted);

describe('a pause', () => {
  it('of everything leaves every object alone until it ends by itself', async () => {
    const namespace = 'pause-all';
    await start(namespace);
    const before = await deployment(namespace);
    const paused = { until: ENDS };
    await world.makeCluster(namespace, {
      paused,
      presence: { image: 'own:2' },
      scaling: { baselineReplicas: 40 },
    });
    await isPaused(namespace, 'True EverythingPaused');
    expect(await world.condition(namespace, 'ScalingActive')).toBe('False Paused');
    expect(await world.condition(namespace, 'RolloutHeld')).toBe('True Paused');
    // What somebody changes or deletes by hand is theirs for as long.
    await world.client.delete(builtin.Service, namespace, 'wedsync-presence');
    await world.letPass(operator, namespace, 3);
    expect(await deployment(namespace)).toEqual(before);
    expect((await world.children(namespace)).has('Service/wedsync-presence')).toBe(false);
    expect((await world.cluster(namespace)).status?.held).toMatchObject([
      { workload: DEPLOYMENT, until: ENDS },
    ]);

    world.clock.set(ENDS);
    await isPaused(namespace, 'False PauseEnded');
    await world.until('the new image is out', async () => imageOf(await deployment(namespace)) === 'own:2');
    await world.until(
      'the pods are scaled',
      async () => (await deployment(namespace))?.replicas !== before?.replicas,
    );
    await world.until('the Service is back', async () =>
      (await world.children(namespace)).has('Service/wedsync-presence'),
    );
    const told = async () =>
      (await world.events(namespace)).filter((event) => /EverythingPaused|PauseEnded/.test(event)).length;
    // Events are sent beside the passes.
    await world.until('the begin and the end are told', async () => (await told()) >= 2);
    expect(await told()).toBe(2);
  });

  it('of rollouts lets the autoscaler go on, and one of scaling lets rollouts go on', async () => {
    const namespace = 'pause-parts';
    await start(namespace);
    const before = await deployment(namespace);
    const scaling = { baselineReplicas: 30 };
    await world.makeCluster(namespace, {
      scaling,
      paused: { scope: 'Rollouts' },
      presence: { image: 'own:2' },
    });
    await isPaused(namespace, 'True RolloutsPaused');
    await world.until('it scales', async () => (await deployment(namespace))?.replicas !== before?.replicas);
    await world.letPass(operator, namespace, 2);
    expect(imageOf(await deployment(namespace))).toBe('own:1');

    await world.makeCluster(namespace, {
      scaling: {},
      paused: { scope: 'Scaling' },
      presence: { image: 'own:2' },
    });
    await isPaused(namespace, 'True ScalingPaused');
    await world.until('it rolls', async () => imageOf(await deployment(namespace)) === 'own:2');
    await world.letPass(operator, namespace, 2);
    expect((await deployment(namespace))?.replicas).not.toBe(before?.replicas);
  });

  it('never weakens a freeze: its windows are written and drains are held', async () => {
    const namespace = 'pause-freeze';
    await start(namespace);
    await world.makeCluster(namespace, { paused: true, presence: { image: 'own:1' } });
    await isPaused(namespace, 'True EverythingPaused');
    await world.makeWedding(namespace, 'ada-and-grace');
    await world.until('the freeze is written', async () => (await world.windows(namespace)).length > 0);
    world.clock.set(FROZEN);
    await world.until('it is frozen', async () => {
      return (await world.condition(namespace, 'Frozen')) === 'True WeddingActive';
    });
    await world.until('no pod may be drained', async () => {
      const budget = (await world.children(namespace)).get(BUDGET) as { spec?: { maxUnavailable?: number } };
      return budget?.spec?.maxUnavailable === 0;
    });
    // The end of the pause does not end the freeze.
    await world.makeCluster(namespace, { paused: false, presence: { image: 'own:2' } });
    await isPaused(namespace, 'False NotPaused');
    await world.until('the freeze holds it', async () => {
      return (await world.condition(namespace, 'RolloutHeld')) === 'True HeldByFreeze';
    });
    expect(imageOf(await deployment(namespace))).toBe('own:1');
  });

  it('by annotation has an end, and is none without one', async () => {
    const namespace = 'pause-annotation';
    await start(namespace);
    const annotate = (value: string) =>
      world.client.patch(
        ...([ownType('PresenceCluster'), namespace, 'wedsync'] as const),
        { metadata: { annotations: { 'presence.wedsync.io/paused-until': value } } },
        PERSON,
      );
    await annotate('for a while');
    await isPaused(namespace, 'False InvalidAnnotation');
    await annotate(ENDS);
    await isPaused(namespace, 'True EverythingPaused');
    world.clock.set(ENDS);
    await isPaused(namespace, 'False PauseEnded');
  });

  it('is refused with the name of what is wrong', async () => {
    const namespace = await world.makeNamespace('pause-wrong');
    for (const paused of ['yes', 1, [], { until: 'tomorrow' }, { scope: 'Half' }, { healing: 'no' }])
      await expect(world.makeCluster(namespace, { paused }), JSON.stringify(paused)).rejects.toThrow(
        'spec.paused',
      );
    await world.makeCluster(namespace, { paused: { untill: ENDS } });
    await world.until('the member is named', async () => {
      const { status } = await world.cluster(namespace);
      const accepted = status?.conditions?.find(({ type }) => type === 'Accepted');
      return accepted?.status === 'False' && accepted.message.includes('spec.paused.untill');
    });
  });
});
