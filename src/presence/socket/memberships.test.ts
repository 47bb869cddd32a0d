import { expect, it } from 'vitest';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { Revocations } from '../auth/revocations.ts';
import { ConnectionTaken, PersonFull, PersonRemoved, StoreUnavailable, WeddingFull } from '../store/store.ts';
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
    revocations: new Revocations(() => 0),
  } as unknown as MembershipsDeps);
  await memberships.join({ type: 'join', wedding: 'ada' });
  expect(memberships.weddings).toEqual(['ada']);
  await expect(memberships.leave({ type: 'leave', wedding: 'ada' })).rejects.toThrow(StoreUnavailable);
  expect(memberships.weddings).toEqual([]);
  // docs/protocol.md: a leave that is sent again is answered with not_joined.
  await memberships.leave({ type: 'leave', wedding: 'ada' });
  expect(failed).toEqual(['not_joined']);
});

it.each<[string, Error, ErrorCode[]]>([
  ['Redis that does not confirm', new StoreUnavailable('away'), ['unavailable']],
  ['an error of the server', new Error('bug'), ['internal']],
  ['a full wedding', new WeddingFull('full'), []],
  ['too many devices', new PersonFull('full'), []],
  ['a person who was removed', new PersonRemoved(new Date()), []],
  ['a connection that went on elsewhere', new ConnectionTaken('taken'), []],
])('counts a join that fails by %s as our fault, or not', async (_, error, counted) => {
  const codes: ErrorCode[] = [];
  const room = { wedding: 'ada', join: () => Promise.reject(error), bodyOf: () => undefined };
  const owner = {
    id: 'c1',
    lean: false,
    deliver: () => {},
    congested: () => false,
    send: () => {},
    fail: () => {},
  };
  const identity = { user: 'ann', role: 'other', weddings: ['ada'], expiresAt: 0 } as const;
  const memberships = new Memberships(owner, identity, {
    rooms: { open: () => room },
    metrics: { joined: () => {}, notJoined: (code: ErrorCode) => void codes.push(code) },
    graceMs: () => 1_000,
    isClosed: () => false,
    revocations: new Revocations(() => 0),
  } as unknown as MembershipsDeps);
  await expect(memberships.join({ type: 'join', wedding: 'ada' })).rejects.toThrow(error);
  // A wedding that the token does not name is refused before a room is asked.
  await memberships.join({ type: 'join', wedding: 'eve' });
  expect(codes).toEqual(counted);
});
