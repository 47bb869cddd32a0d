import { describe, expect, it } from 'vitest';
import {
  FALSE_ALARM_RATE,
  type PodRound,
  RevisionComparison,
  WARM_UP_SECONDS,
} from './revision-comparison.ts';

const FAST = [90, 10, 0];
const SLOW = [50, 40, 10];
/** The last 3 % are slower; the others are the same. */
const SLOW_END = [90, 7, 3];

function pod(name: string, more: Partial<PodRound> = {}): PodRound {
  return {
    pod: name,
    revision: 'Old',
    ageSeconds: 3_600,
    connections: 400,
    delays: FAST,
    failed: 0,
    events: 100,
    ...more,
  };
}

const young = (name: string, more: Partial<PodRound> = {}): PodRound =>
  pod(name, { revision: 'New', ...more });

/** The same round again and again. */
function compare(rounds: number, pods: readonly PodRound[]): RevisionComparison {
  const comparison = new RevisionComparison();
  for (let round = 0; round < rounds; round++) comparison.take(pods);
  return comparison;
}

const FOUR_OLD = ['a', 'b', 'c', 'd'].map((name) => pod(name));
const newOnes = (more: Partial<PodRound>): PodRound[] =>
  ['w', 'x', 'y', 'z'].map((name) => young(name, more));

describe('a regression is', () => {
  it.each([
    ['delays that are longer', { delays: [50, 50, 0] }, 'delays'],
    ['updates and joins that fail', { failed: 5 }, 'errors'],
  ] as const)('%s', (_, more, of) => {
    const { verdict } = compare(40, [...FOUR_OLD, ...newOnes(more)]);
    expect(verdict).toMatchObject({ kind: 'Regression', of, rounds: 40 });
    expect(verdict.chance).toBeLessThanOrEqual(FALSE_ALARM_RATE);
  });

  it('slow ends of delays whose ranks are nearly the same', () => {
    const { verdict } = compare(40, [...FOUR_OLD, ...newOnes({ delays: SLOW_END })]);
    expect(verdict).toMatchObject({ kind: 'Regression', of: 'slowest' });
  });

  it('told with what was counted of both revisions', () => {
    const { verdict } = compare(2, [pod('a'), young('z', { delays: SLOW, failed: 1 })]);
    expect(verdict.old).toEqual({ delays: [180, 20, 0], failed: 0, events: 200 });
    expect(verdict.young).toEqual({ delays: [100, 80, 20], failed: 2, events: 200 });
  });
});

describe('it is none when', () => {
  it.each([
    ['the new pods are the same', newOnes({})],
    ['the new pods are better', newOnes({ delays: [100, 0, 0] })],
    [
      'one of four new pods is slow: its node may be',
      [...newOnes({}).slice(1), young('w', { delays: SLOW })],
    ],
  ])('%s', (_, news) => {
    expect(compare(400, [...FOUR_OLD, ...news]).verdict.kind).toBe('NoRegression');
  });

  it('all pods are slow at the same times', () => {
    const comparison = new RevisionComparison();
    for (let round = 0; round < 400; round++) {
      const delays = round % 7 < 3 ? SLOW : FAST;
      comparison.take([...FOUR_OLD, ...newOnes({})].map((each) => ({ ...each, delays })));
    }
    expect(comparison.verdict.kind).toBe('NoRegression');
  });

  it('old pods differ by as much as the new ones do', () => {
    const speeds = [FAST, [80, 20, 0], [70, 30, 0], [85, 15, 0]];
    const mixed = speeds.flatMap((delays, index) => [
      pod(`old-${index}`, { delays }),
      young(`new-${index}`, { delays }),
    ]);
    expect(compare(400, mixed).verdict.kind).toBe('NoRegression');
  });
});

describe('nothing is compared', () => {
  it.each([
    ['while new pods warm up', newOnes({ delays: SLOW, ageSeconds: WARM_UP_SECONDS - 1 })],
    ['with pods that have counted next to nothing', newOnes({ delays: [1, 1, 2] })],
    ['with pods without events', newOnes({ delays: SLOW, events: 0 })],
    ['while new pods have far more connections', newOnes({ delays: SLOW, connections: 600 })],
    ['without new pods', []],
  ])('%s', (_, news) => {
    expect(compare(40, [...FOUR_OLD, ...news]).verdict).toMatchObject({
      kind: 'TooFew',
      rounds: 0,
      chance: 1,
    });
  });
});

it('two pods are enough for what is far worse', () => {
  expect(compare(40, [pod('a'), young('z', { delays: SLOW })]).verdict.kind).toBe('Regression');
});

it('a regression that was found stays found when the new pods recover', () => {
  const comparison = compare(40, [...FOUR_OLD, ...newOnes({ delays: SLOW })]);
  for (let round = 0; round < 100; round++) comparison.take([...FOUR_OLD, ...newOnes({})]);
  expect(comparison.verdict.kind).toBe('Regression');
});
