import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { TimeBudget } from './time-budget.ts';

it('a budget of time is spent only while something is done', async () => {
  const clock = new ManualClock('2027-06-05T10:00:00Z');
  let spent = false;
  const budget = new TimeBudget(clock, 10_000, () => {
    spent = true;
  });
  budget.run();
  await clock.advance(6_000);
  budget.pause();
  await clock.advance(60_000);
  budget.run();
  budget.run();
  await clock.advance(3_000);
  expect(spent).toBe(false);
  await clock.advance(2_000);
  expect(spent).toBe(true);
});
