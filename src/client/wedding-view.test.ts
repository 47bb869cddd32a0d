import { describe, expect, it } from 'vitest';
import type { Member } from '../api/protocol/member.ts';
import type { DiffMessage } from '../api/protocol/messages.ts';
import { WeddingView } from './wedding-view.ts';

const member = (user: string, status: string): Member => ({
  user,
  role: 'other',
  state: 'present',
  status,
  since: 1,
  updatedAt: 1,
  devices: 1,
});
const diff = (prev: number, seq: number, epoch = 'e1'): DiffMessage => ({
  type: 'diff',
  wedding: 'w',
  epoch,
  prev,
  seq,
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

  it('says whom the last snapshot expects, and of a wedding that is not known nothing', () => {
    const view = at5();
    expect(view.team).toBeUndefined();
    const snapshot = { type: 'snapshot', wedding: 'w', epoch: 'e1', seq: 6, members: [] } as const;
    view.replace({ ...snapshot, team: { catering: 2 } });
    view.apply(diff(6, 7));
    expect(view.team).toEqual({ catering: 2 });
    view.replace(snapshot);
    expect(view.team).toBeUndefined();
  });

  it('shows what is provisional over the numbered members, until a number, a withdrawal or a snapshot', () => {
    const view = at5();
    const shown = () => [...view.members].map(([user, { status }]) => [user, status]);
    const provisional = (status: string) => ({ op: 'set' as const, member: member('ann', status) });
    view.showProvisional({
      changes: [provisional('soon'), { op: 'set', member: member('bob', 'back') }],
      withdrawn: [],
    });
    expect([shown(), view.seq]).toEqual([
      [
        ['ann', 'soon'],
        ['bob', 'back'],
      ],
      5,
    ]);
    view.showProvisional({ changes: [], withdrawn: ['bob', 'nobody'] });
    expect(shown()).toEqual([['ann', 'soon']]);
    view.apply(diff(4, 5));
    expect(shown()).toEqual([['ann', 'soon']]);
    view.apply(diff(5, 6));
    expect([shown(), view.provisional.size]).toEqual([[['ann', 'at 6']], 0]);
    view.showProvisional({ changes: [{ op: 'leave', user: 'ann', reason: 'left' }], withdrawn: [] });
    expect([shown(), [...view.provisional]]).toEqual([[], ['ann']]);
    view.withdrawAll();
    expect(shown()).toEqual([['ann', 'at 6']]);
    view.showProvisional({ changes: [provisional('soon')], withdrawn: [] });
    view.replace({ type: 'snapshot', wedding: 'w', epoch: 'e2', seq: 1, members: [] });
    expect([shown(), view.provisional.size]).toEqual([[], 0]);
  });
});
