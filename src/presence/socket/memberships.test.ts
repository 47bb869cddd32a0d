import { expect, it } from 'vitest';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { StoreUnavailable } from '../store/store.ts';
import { Memberships, type MembershipsDeps } from './memberships.ts';

it('knows who left no more, although Redis did not confirm: the leave is repeated without its client', async () => {
  const members = new Set<string>();
  const room = {
    wedding: 'ada',
    join: async () => void members.add('c1'),
    leave: async () => {
      members.delete('c1');
      throw new StoreUnavailable('away');
    },
    bodyOf: () => (members.has('c1') ? { role: 'other' } : undefined),
  };
  const failed: ErrorCode[] = [];
  const owner = {
    id: 'c1',
    lean: false,
    deliver: () => {},
    congested: () => false,
    send: () => {},
    fail: (code: ErrorCode) => void failed.push(code),
  };
  const identity = { user: 'ann', role: 'other', weddings: ['ada'], expiresAt: 0 } as const;
  const memberships = new Memberships(owner, identity, {
    rooms: { open: () => room },
    metrics: { joined: () => {} },
    graceMs: () => 1_000,
    isClosed: () => false,
  } as unknown as MembershipsDeps);
  await memberships.join({ type: 'join', wedding: 'ada' });
  expect(memberships.weddings).toEqual(['ada']);
  await expect(memberships.leave({ type: 'leave', wedding: 'ada' })).rejects.toThrow(StoreUnavailable);
  expect(memberships.weddings).toEqual([]);
  // docs/protocol.md: a leave that is sent again is answered with not_joined.
  await memberships.leave({ type: 'leave', wedding: 'ada' });
  expect(failed).toEqual(['not_joined']);
});
