import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Entry } from '../domain/presence-state/entry.ts';
import { silentLogger } from '../platform/telemetry/log.ts';
import { Fleet } from './fleet.ts';

const entry = (status: string): Entry => ({
  ...{ user: 'x', body: { role: 'other', status }, pod: 'x', state: 'present' },
  ...{ since: 1, updatedAt: 1, version: 1 },
});

it('moves a bounded number each second to a new server, nobody of a ceremony, until the fleet is even', async () => {
  const clock = new ManualClock();
  let own = 1_000;
  let other = 0;
  let most = 0;
  const fleet = new Fleet({
    ...{ clock, incarnation: 'me', log: silentLogger(), movesPerSecond: 10, draining: () => false },
    connections: () => own,
    store: {
      join: async () => ({
        ...{ epoch: 'e', seq: 1 },
        entries: new Map([
          ['me', entry(String(own))],
          ['new', entry(String(other))],
          ['going', entry('draining')],
        ]),
      }),
    },
    movable: () =>
      Array.from({ length: own }, (_, index) => ({
        ...{ lane: 3 as const, quiet: index < 100 },
        move: () => {
          expect(index).toBeGreaterThanOrEqual(100);
          own--;
          other++;
        },
      })),
  });
  await clock.advance(0);
  for (let second = 0; second < 120; second++) {
    const before = own;
    await clock.advance(1_000);
    most = Math.max(most, before - own);
  }
  expect(most).toBe(10);
  expect(own).toBe(550);
  fleet.close();
  expect(clock.pending).toBe(0);
});
