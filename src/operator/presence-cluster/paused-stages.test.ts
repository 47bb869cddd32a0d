import { describe, expect, it } from 'vitest';
import { pauseAt } from '../../domain/pause/pause-at.ts';
import { stagesIn } from './reconcile.ts';

const now = new Date('2027-06-05T12:00:00Z');
const namesIn = (paused: unknown) =>
  stagesIn(pauseAt({ paused, annotation: undefined, now })).map(({ name }) => name);
const leftOut = (paused: unknown) => {
  const left = namesIn(paused);
  return namesIn(false).filter((name) => !left.includes(name));
};

/** Those that look at the pause themselves run in each: they hold pods and templates back. */
const HEALING = [
  ...['step Redis', 'replace certificates', 'rotate credentials', 'configure Redis', 'spread primaries'],
  ...['force lost pods', 'recreate a StatefulSet', 'renew a Redis pod'],
  'renew a replica to spread primaries',
];
const OBJECTS = ['maintain claims', 'remove an obsolete certificate', 'prune objects'];

describe('a pause leaves out', () => {
  it.each([
    ['nothing when there is none', false, []],
    ['what writes objects', true, OBJECTS],
    ['no stage when rollouts or scaling alone are paused', { scope: 'Rollouts' }, []],
    ['healing, when that is asked for', { scope: 'Scaling', healing: false }, HEALING],
    ['both, when both are asked for', { healing: false, scope: 'All' }, [...OBJECTS, ...HEALING]],
  ])('%s', (_, paused, expected) => {
    expect(new Set(leftOut(paused))).toEqual(new Set(expected));
  });

  it('never the freeze: objects are looked at and pods are protected in each', () => {
    for (const paused of [true, { healing: false }])
      expect(namesIn(paused)).toEqual(expect.arrayContaining(['apply objects', 'protect pods from drains']));
  });
});
