import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtin } from '../../../src/platform/kube/resource.ts';
import { eventually } from '../../support/eventually.ts';
import { crdFile } from '../installed-kinds.ts';
import { OperatorWorld, PERSON } from './operator-world.ts';

const CRD = 'rolloutoverrides.presence.wedsync.io';
/** A kind that is missing is asked for every 30 s. */
const REPAIRED_WITHIN_SECONDS = 120;

let world: OperatorWorld;

beforeAll(async () => {
  world = await OperatorWorld.start();
});
afterAll(() => world.close());

it('an API server without one of our kinds: said in a condition, the rest works, and it is well again after the repair', async () => {
  await world.client.delete(builtin.CustomResourceDefinition, undefined, CRD, {});
  await world.until('the kind is gone', async () => {
    return (await world.client.get(builtin.CustomResourceDefinition, undefined, CRD)) === undefined;
  });
  world.clock.set('2027-06-01T12:00:00Z');
  const operator = world.startOperator();
  await world.makeNamespace('degraded');
  await world.makeCluster('degraded');
  await world.makeWedding('degraded', 'ada-and-grace');
  await world.until('the condition', async () => {
    const { status } = await world.cluster('degraded');
    const condition = status?.conditions?.find(({ type }) => type === 'KindsWatched');
    expect(condition).toMatchObject({ status: 'False', reason: 'CannotWatch' });
    // Alone: what only took long to be read is read by now.
    expect(condition?.message).toMatch(/^Kinds that cannot be watched: rolloutoverrides \(missing: [^;,]*/);
    return true;
  });
  await world.until('children are made', async () =>
    (await world.children('degraded')).has('Deployment/wedsync-presence'),
  );
  await world.until('the wedding is in the freeze', async () => {
    return (await world.windows('degraded')).length > 0;
  });

  await world.client.apply(await crdFile('rolloutoverrides'), PERSON);
  await eventually({ what: 'all is seen', withinSeconds: REPAIRED_WITHIN_SECONDS }, async () => {
    await world.letPass(operator, 'degraded', 1);
    return (await world.condition('degraded', 'KindsWatched')) === 'True AllKindsWatched';
  });
});
