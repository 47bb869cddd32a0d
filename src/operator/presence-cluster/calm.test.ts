import { expect, it } from 'vitest';
import { isCalm } from './calm.ts';

type Plan = Parameters<typeof isCalm>[0];

const STEADY = {
  observed: { demand: undefined },
  decision: { plan: { state: 'Steady', steps: [] }, pause: { active: false } },
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

it('is calm where all is well and nothing is to be done', () => {
  expect(isCalm(STEADY, { refused: [] }, { conditions: WELL })).toBe(true);
});

it.each<[string, object]>([
  ['steps are to be taken', { decision: { ...STEADY.decision, plan: { state: 'Steady', steps: [{}] } } }],
  ['Redis is not steady', { decision: { ...STEADY.decision, plan: { state: 'Held', steps: [] } } }],
  ['it is paused', { decision: { ...STEADY.decision, pause: { active: true } } }],
  ['a pod is to be renewed', { roll: { kind: 'renew' } }],
  ['the number of pods depends on the load', { observed: { demand: {} } }],
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
