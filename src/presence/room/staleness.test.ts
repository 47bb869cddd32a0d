import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { STALE_AFTER_MS, Staleness } from './staleness.ts';

it('is stale above the limit, and fresh again with a confirmation', async () => {
  const clock = new ManualClock();
  const staleness = new Staleness(clock);
  await clock.advance(STALE_AFTER_MS);
  expect([staleness.ageMs, staleness.staleMs]).toEqual([STALE_AFTER_MS, undefined]);
  await clock.advance(1_400);
  expect(staleness.staleMs).toBe(STALE_AFTER_MS + 1_400);
  staleness.noteConfirmed();
  expect([staleness.ageMs, staleness.staleMs]).toEqual([0, undefined]);
});
