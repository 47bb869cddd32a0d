import { expect, it } from 'vitest';
import { evening, ORDINARY, type Scene } from './evening.ts';
import { compareOn, foundShare, medianSeconds, smallestFound, trialsOf } from './trials.ts';

const SCENE: Scene = {
  seed: 1,
  pods: 4,
  young: 2,
  roundSeconds: 5,
  rounds: 20,
  change: {},
  disturbances: ORDINARY,
};

it('the same seed gives the same evening, and another one another', () => {
  const first = [...evening(SCENE)];
  expect([...evening(SCENE)]).toEqual(first);
  expect([...evening({ ...SCENE, seed: 2 })]).not.toEqual(first);
  expect(first).toHaveLength(20);
  expect(first[0]?.map(({ revision }) => revision)).toEqual(['New', 'New', 'Old', 'Old']);
});

it('a new revision that is three times as slow is found, and one that is the same is not', () => {
  const slow = compareOn({ ...SCENE, rounds: 60, change: { all: 3 } });
  expect(slow.afterSeconds).toBeLessThanOrEqual(300);
  expect(compareOn(SCENE).afterSeconds).toBeUndefined();
});

it('shares and times are those of the trials that found something', () => {
  const trials = trialsOf({ ...SCENE, rounds: 60, change: { all: 3 } }, [1, 2]);
  expect(foundShare([...trials, compareOn(SCENE)])).toBeCloseTo(2 / 3);
  expect(medianSeconds(trials)).toBeGreaterThan(0);
  expect(medianSeconds([compareOn(SCENE)])).toBeUndefined();
});

it('the smallest slowdown that is found is one from which on all are', () => {
  expect(
    smallestFound([
      [1.1, 0.9],
      [1.2, 0.7],
      [1.3, 0.8],
      [1.5, 1],
    ]),
  ).toBe(1.3);
  expect(smallestFound([[1.1, 0.1]])).toBeUndefined();
});
