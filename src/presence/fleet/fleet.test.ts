import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { PeerAddress } from '../peers/peers.ts';
import { Fleet } from './fleet.ts';

const entry = (status: string): Entry => ({
  user: 'x',
  body: { role: 'other', status },
  pod: 'x',
  state: 'present',
  since: 1,
  updatedAt: 1,
  version: 1,
});

it('moves a bounded number per second to a new server, never of a ceremony, until the fleet is balanced', async () => {
  const clock = new ManualClock();
  let own = 1_000;
  let other = 0;
  let most = 0;
  const fleet = new Fleet({
    clock,
    incarnation: 'me',
    log: silentLogger(),
    movesPerSecond: 10,
    draining: () => false,
    seeksPeers: false,
    peerAddress: () => undefined,
    found: () => {},
    connections: () => own,
    store: {
      join: async () => ({
        epoch: 'e',
        seq: 1,
        entries: new Map([
          ['me', entry(String(own))],
          ['new', entry(String(other))],
          ['going', entry('draining')],
        ]),
      }),
    },
    movable: () =>
      Array.from({ length: own }, (_, index) => ({
        lane: 3 as const,
        quiet: index < 100,
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

it('publishes its address and finds the addresses of others; older servers publish none', async () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  let found: readonly PeerAddress[] = [];
  const at = (peer: unknown): Entry => ({
    ...entry('1'),
    body: { role: 'other', status: '1', data: { peer } },
  });
  const fleet = new Fleet({
    clock,
    incarnation: 'me',
    log: silentLogger(),
    movesPerSecond: 0,
    draining: () => false,
    connections: () => 1,
    movable: () => [],
    seeksPeers: true,
    peerAddress: () => '10.0.0.1:9090',
    found: (peers) => {
      found = peers;
    },
    store: {
      join: async (_, __, wanted) => {
        told.push(wanted.body.data);
        const entries = new Map([
          ['four', at('10.0.0.4:9090')],
          ['six', at('fd00::6:9091')],
          ['old', entry('1')],
          ['odd', at(7)],
        ]);
        return { epoch: 'e', seq: 1, entries };
      },
    },
  });
  await clock.advance(0);
  expect(told).toEqual([{ peer: '10.0.0.1:9090' }]);
  expect(found).toEqual([
    { incarnation: 'four', host: '10.0.0.4', port: 9_090 },
    { incarnation: 'six', host: 'fd00::6', port: 9_091 },
  ]);
  fleet.close();
});
