import { beforeEach, describe, expect, it } from 'vitest';
import type { MemberChange } from '../../api/protocol/messages.ts';
import { ProvisionalView } from './provisional-view.ts';

const set = (user: string, status: string): MemberChange => ({
  op: 'set',
  member: { user, role: 'other', state: 'present', since: 1, updatedAt: 1, devices: 1, status },
});
const changesOf = (...changes: MemberChange[]) =>
  new Map(changes.map((change) => [change.op === 'set' ? change.member.user : change.user, change]));

describe('ProvisionalView', () => {
  let view: ProvisionalView;
  const take = (coalesced: readonly string[] = []) => view.takeUnsent((user) => coalesced.includes(user));

  beforeEach(() => {
    view = new ProvisionalView();
    view.replace(changesOf(set('ann', 'a'), set('bob', 'b')));
  });

  it('sends each change once, and again when it differs', () => {
    expect(take()).toEqual({ changes: [set('ann', 'a'), set('bob', 'b')], withdrawn: [] });
    expect(take()).toBeUndefined();
    view.replace(changesOf(set('ann', 'a'), set('bob', 'new')));
    expect(take()).toEqual({ changes: [set('bob', 'new')], withdrawn: [] });
    expect(view.size).toBe(2);
  });

  it('withdraws a change that no longer holds, unless a numbered one is about to replace it', () => {
    take();
    view.replace(changesOf());
    expect(take(['ann'])).toEqual({ changes: [], withdrawn: ['bob'] });
    expect([view.size, view.isEmpty]).toEqual([0, false]);
    view.noteNumbered([set('ann', 'numbered')]);
    expect([take(), view.isEmpty]).toEqual([undefined, true]);
  });

  it('sends again what a diff or a snapshot has replaced and still holds', () => {
    take();
    view.noteNumbered([set('bob', 'numbered')]);
    expect(take()).toEqual({ changes: [set('bob', 'b')], withdrawn: [] });
    view.noteSnapshot();
    expect(take()?.changes).toEqual(view.changes);
  });
});
