import { describe, expect, it } from 'vitest';
import type { MemberChange } from '../../api/protocol/messages.ts';
import { CoalescedChanges } from './coalesced-changes.ts';

const gone = (user: string): MemberChange => ({ op: 'leave', user, reason: 'left' });

describe('CoalescedChanges', () => {
  it('keeps the last change per user and the position, until they are taken', () => {
    const held = new CoalescedChanges();
    expect(held.isEmpty).toBe(true);
    held.add({ epoch: 'e', seq: 1 }, [gone('ann'), gone('bob')]);
    const last: MemberChange = { op: 'leave', user: 'ann', reason: 'lost' };
    held.add({ epoch: 'e', seq: 2 }, [last]);
    expect([held.has('ann'), held.has('cyd'), held.isEmpty]).toEqual([true, false, false]);
    expect(held.take()).toEqual({ position: { epoch: 'e', seq: 2 }, changes: [last, gone('bob')] });
    expect(held.isEmpty).toBe(true);
    expect(held.take()).toBeUndefined();
  });

  it('is empty after clear', () => {
    const held = new CoalescedChanges();
    held.add({ epoch: 'e', seq: 1 }, [gone('ann')]);
    held.clear();
    expect([held.has('ann'), held.take()]).toEqual([false, undefined]);
  });
});
