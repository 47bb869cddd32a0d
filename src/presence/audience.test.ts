import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Member } from '../api/protocol/member.ts';
import type { DiffMessage, MemberChange } from '../api/protocol/messages.ts';
import { ARRIVALS_TOGETHER_MS, Audience } from './audience.ts';

function member(user: string, status?: string): Member {
  return {
    ...{ user, role: 'other', state: 'present', since: 1, updatedAt: 1, devices: 1 },
    ...(status === undefined ? {} : { status }),
  } as Member;
}

const set = (user: string, status?: string): MemberChange => ({ op: 'set', member: member(user, status) });

describe('Audience', () => {
  let clock: ManualClock;
  let audience: Audience;
  let diffs: DiffMessage[];

  beforeEach(() => {
    clock = new ManualClock();
    diffs = [];
    audience = new Audience('w', { clock, delivered: () => {} });
    audience.set({
      membership: { connection: 'c', user: 'ann', body: { role: 'other' }, graceMs: 0 },
      deliver: (frame) => void diffs.push(JSON.parse(frame.text) as DiffMessage),
    });
  });

  const arrive = (seq: number, user: string): void => audience.tellArrivals({ epoch: 'e', seq }, [set(user)]);

  it('shows one arrival at once, and those soon after it together', async () => {
    arrive(1, 'bob');
    expect(diffs).toHaveLength(1);
    for (let seq = 2; seq <= 50; seq++) arrive(seq, `guest-${seq}`);
    await clock.advance(ARRIVALS_TOGETHER_MS - 1);
    expect(diffs).toHaveLength(1);
    await clock.advance(1);
    expect(diffs).toHaveLength(2);
    expect(diffs[1]).toMatchObject({ prev: 1, seq: 50 });
    expect(diffs[1]?.changes).toHaveLength(49);
  });

  it('holds no update, and shows what was held before it in the same diff', async () => {
    arrive(1, 'bob');
    arrive(2, 'eve');
    audience.tell({ epoch: 'e', seq: 3 }, [set('eve', 'here')]);
    expect(diffs).toHaveLength(2);
    expect(diffs[1]).toMatchObject({ prev: 1, seq: 3, changes: [set('eve', 'here')] });
    await clock.advance(ARRIVALS_TOGETHER_MS);
    expect(diffs).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('shows an arrival at once again after a pause', async () => {
    arrive(1, 'bob');
    await clock.advance(ARRIVALS_TOGETHER_MS);
    arrive(2, 'eve');
    expect(diffs.map((diff) => diff.seq)).toEqual([1, 2]);
  });

  it('forgets what is held when everything is told anew, and leaves no timer', async () => {
    arrive(1, 'bob');
    arrive(2, 'eve');
    audience.tellAll({ type: 'snapshot', wedding: 'w', epoch: 'f', seq: 0, members: [] });
    await clock.advance(ARRIVALS_TOGETHER_MS);
    expect(diffs.map((message) => String(message.type))).toEqual(['diff', 'snapshot']);
    arrive(3, 'zoe');
    audience.close();
    expect(clock.pending).toBe(0);
  });
});
