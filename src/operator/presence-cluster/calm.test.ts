import { expect, it } from 'vitest';
import { isCalm } from './calm.ts';

type Plan = Parameters<typeof isCalm>[0];

const STEADY = {
  observed: { demand: undefined, topology: { nodes: [] } },
  decision: { plan: { state: 'Steady', steps: [], shards: [] }, pause: { active: false } },
  roll: { kind: 'none' },
} as unknown as Plan;
const condition = (type: string, status: 'True' | 'False') => ({
  type,
  status,
  reason: 'r',
  message: 'm',
  lastTransitionTime: '2027-06-05T12:00:00Z',
});
const WELL = [condition('Ready', 'True'), condition('RedisAvailable', 'True'), condition('Accepted', 'True')];

/** One node holds both primaries, and a replica of one is on another. */
const server = (pod: string, kubernetesNode: string) => ({ pod, kubernetesNode, reachable: true });
const replicas = [{ pod: 'c', linkUp: true }];
const UNEVEN = {
  observed: {
    ...STEADY.observed,
    topology: { nodes: [server('a', 'x'), server('b', 'x'), server('c', 'y')] },
  },
  decision: {
    ...STEADY.decision,
    plan: {
      ...STEADY.decision.plan,
      shards: [
        { index: 0, primary: 'a', replicas },
        { index: 1, primary: 'b', replicas: [] },
      ],
    },
  },
};

it('is calm where all is well and nothing is to be done', () => {
  expect(isCalm(STEADY, { refused: [] }, { conditions: WELL })).toBe(true);
});

it.each<[string, object]>([
  [
    'steps are to be taken',
    { decision: { ...STEADY.decision, plan: { ...STEADY.decision.plan, steps: [{}] } } },
  ],
  [
    'Redis is not steady',
    { decision: { ...STEADY.decision, plan: { ...STEADY.decision.plan, state: 'Held' } } },
  ],
  ['it is paused', { decision: { ...STEADY.decision, pause: { active: true } } }],
  ['a pod is to be renewed', { roll: { kind: 'renew' } }],
  ['a node is drained', { observed: { ...STEADY.observed, topology: { nodes: [{ cordoned: true }] } } }],
  ['primaries are to be spread', UNEVEN],
  ['the number of pods depends on the load', { observed: { ...STEADY.observed, demand: {} } }],
])('is not calm where %s', (_, change) => {
  expect(isCalm({ ...STEADY, ...change } as Plan, { refused: [] }, { conditions: WELL })).toBe(false);
});

it.each([
  ['an object is refused', { refused: [new Error('no')] }],
  ['a rotation waits', { refused: [], rotationWaitsFor: 'a pod' }],
  ['windows are not written', { refused: [], windowsNotWritten: 'forbidden' }],
])('is not calm where %s', (_, results) => {
  expect(isCalm(STEADY, results, { conditions: WELL })).toBe(false);
});

it('is not calm before it is Ready, or while a condition shows trouble', () => {
  expect(isCalm(STEADY, { refused: [] }, {})).toBe(false);
  for (const bad of ['Ready', 'RedisAvailable']) {
    const conditions = [...WELL.filter(({ type }) => type !== bad), condition(bad, 'False')];
    expect(isCalm(STEADY, { refused: [] }, { conditions })).toBe(false);
  }
});
