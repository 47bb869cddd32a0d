import { expect, it } from 'vitest';
import { MOST_SEEN_STEPS, SeenSteps } from './seen-steps.ts';

const MINUTE = 60_000;

it('keeps each change of the pods, and connections once per five minutes', () => {
  const seen = new SeenSteps();
  seen.see(0, 4, 100);
  seen.see(MINUTE, 4, 110);
  seen.see(2 * MINUTE, 5, 120);
  seen.see(3 * MINUTE, 5, 130);
  seen.see(7 * MINUTE, 5, 140);
  seen.see(60 * MINUTE, 5, 140);
  expect(seen.steps()).toEqual([
    { at: '1970-01-01T00:00:00.000Z', pods: 4, connections: 100 },
    { at: '1970-01-01T00:02:00.000Z', pods: 5, connections: 120 },
    { at: '1970-01-01T00:07:00.000Z', pods: 5, connections: 140 },
  ]);
});

it('leaves out connections that are not known', () => {
  const seen = new SeenSteps();
  seen.see(0, 4);
  seen.see(10 * MINUTE, 4);
  expect(seen.steps()).toEqual([{ at: '1970-01-01T00:00:00.000Z', pods: 4 }]);
});

it('forgets the oldest', () => {
  const seen = new SeenSteps();
  for (let index = 0; index < MOST_SEEN_STEPS + 10; index += 1) seen.see(index * MINUTE, index);
  const steps = seen.steps();
  expect([steps.length, steps[0]?.pods, steps.at(-1)?.pods]).toEqual([
    MOST_SEEN_STEPS,
    10,
    MOST_SEEN_STEPS + 9,
  ]);
});
