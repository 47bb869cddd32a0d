import { describe, expect, it } from 'vitest';
import type { Member } from '../../api/protocol/member.ts';
import { weddingState } from './wedding-state.ts';

const member = (user: string, status: string): Member => ({
  user,
  role: 'other',
  state: 'present',
  status,
  since: 1,
  updatedAt: 1,
  devices: 1,
});
const position = { epoch: 'e', seq: 7 };
const known = {
  position,
  numbered: [member('ann', 'numbered'), member('bob', 'numbered')],
  changes: [],
  age: { ageMs: 600, staleMs: undefined },
};

describe('weddingState', () => {
  it('is the numbered state while nothing is provisional, and stale when it was announced as stale', () => {
    expect(weddingState(known)).toEqual({ ...position, members: known.numbered });
    expect(weddingState({ ...known, age: { ageMs: 3_100, staleMs: 3_100 } })).toEqual({
      ...position,
      members: known.numbered,
      staleMs: 3_100,
    });
  });

  it('shows provisional members, names their users, and is never fresh then', () => {
    const changes = [
      { op: 'set' as const, member: member('ann', 'provisional') },
      { op: 'leave' as const, user: 'bob', reason: 'left' as const },
    ];
    expect(weddingState({ ...known, changes })).toEqual({
      ...position,
      members: [member('ann', 'provisional')],
      staleMs: 600,
      provisional: ['ann', 'bob'],
    });
    expect(weddingState({ ...known, changes, age: { ageMs: 0, staleMs: undefined } }).staleMs).toBe(1);
    expect(weddingState({ ...known, changes, age: { ageMs: 4_000, staleMs: 4_000 } }).staleMs).toBe(4_000);
  });
});
