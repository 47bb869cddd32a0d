import { describe, expect, it } from 'vitest';
import type { Member } from '../api/protocol/member.ts';
import type { DiffMessage } from '../api/protocol/messages.ts';
import { WeddingView } from './wedding-view.ts';

const member = (user: string, status: string): Member => ({
  ...{ user, role: 'other', state: 'present', status, since: 1, updatedAt: 1, devices: 1 },
});
const diff = (prev: number, seq: number, epoch = 'e1'): DiffMessage => ({
  ...{ type: 'diff', wedding: 'w', epoch, prev, seq },
  changes: [{ op: 'set', member: member('ann', `at ${seq}`) }],
});

describe('WeddingView', () => {
  const at5 = (): WeddingView => {
    const view = new WeddingView();
    view.replace({ type: 'snapshot', wedding: 'w', epoch: 'e1', seq: 5, members: [member('ann', 'at 5')] });
    return view;
  };

  it.each([
    ['the next number', diff(5, 6), 'applied', 'at 6'],
    ['several numbers in one', diff(5, 9), 'applied', 'at 9'],
    ['numbers of which some are known', diff(3, 7), 'applied', 'at 7'],
    ['a known number', diff(4, 5), 'known', 'at 5'],
    ['a gap', diff(6, 7), 'gap', 'at 5'],
    ['another epoch', diff(5, 6, 'e2'), 'gap', 'at 5'],
  ] as const)('%s', (_, message, result, status) => {
    const view = at5();
    expect(view.apply(message)).toBe(result);
    expect(view.members.get('ann')?.status).toBe(status);
  });
});
