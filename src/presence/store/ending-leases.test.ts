import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FUNCTION_SOURCE } from '../../domain/presence-state/function-source.ts';
import { EndingLeases, EXPIRE_AFTER_MS } from './ending-leases.ts';

it('ends the leases of an answer after the notice, with one call per wedding at a time', async () => {
  const clock = new ManualClock();
  const calls: [string, readonly string[]][] = [];
  const leases = new EndingLeases({
    clock,
    expire: (wedding, ending) => {
      calls.push([wedding, ending]);
      return Promise.reject(new Error('away'));
    },
  });
  leases.note('ada', []);
  leases.note('ada', ['p1', '7']);
  leases.note('ada', ['p1', '7', 'p2', '8']);
  leases.note('bea', ['p2', '8']);
  await clock.advance(EXPIRE_AFTER_MS - 1);
  expect(calls).toEqual([]);
  await clock.advance(1);
  expect(calls).toEqual([
    ['ada', ['p1', '7']],
    ['bea', ['p2', '8']],
  ]);
  leases.note('ada', ['p2', '8']);
  await clock.advance(EXPIRE_AFTER_MS);
  expect(calls).toHaveLength(3);
  leases.note('ada', ['p2', '8']);
  leases.close();
  expect(clock.pending).toBe(0);
});

it('waits as long as the function library gives notice', () => {
  expect(FUNCTION_SOURCE).toContain(`NOTICE_MS = ${EXPIRE_AFTER_MS}\n`);
});
