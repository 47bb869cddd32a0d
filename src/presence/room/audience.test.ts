import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Member } from '../../api/protocol/member.ts';
import type { DiffMessage, MemberChange } from '../../api/protocol/messages.ts';
import { SharedFrame } from '../frames/shared-frame.ts';
import type { Position } from '../store/store.ts';
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
  let position: Position;
  let delta: MemberChange[] | undefined;
  let congested: boolean;
  let conflations: number;

  const participant = (connection: string, sink: DiffMessage[]) => ({
    membership: { connection, user: connection, body: { role: 'other' as const }, graceMs: 0 },
    lean: false,
    congested: () => congested,
    deliver: (frame: SharedFrame) => void sink.push(JSON.parse(frame.text) as DiffMessage),
  });
  const joins = { id: 'j', resumes: false, since: undefined };

  beforeEach(async () => {
    clock = new ManualClock();
    diffs = [];
    position = { epoch: 'e', seq: 0 };
    delta = undefined;
    congested = false;
    conflations = 0;
    audience = new Audience('w', {
      clock,
      source: {
        position: () => position,
        since: () => delta,
        snapshot: (_lean, id) => new SharedFrame(JSON.stringify({ type: 'snapshot', id, seq: position.seq })),
        provisional: () => undefined,
      },
      numbered: () => {},
      delivered: () => {},
      conflated: () => void conflations++,
    });
    await audience.admit(participant('c', diffs), joins);
    await clock.advance(ARRIVALS_TOGETHER_MS);
    diffs.length = 0;
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
    audience.tellAll({ epoch: 'f', seq: 0 });
    await clock.advance(ARRIVALS_TOGETHER_MS);
    expect(diffs.map((message) => String(message.type))).toEqual(['diff', 'snapshot']);
    arrive(3, 'zoe');
    audience.close();
    expect(clock.pending).toBe(0);
  });

  it('sends the snapshot of the first who joins at once, and those of a crowd together when the window is over', async () => {
    const received: DiffMessage[][] = Array.from({ length: 50 }, () => []);
    for (const [index, sink] of received.entries()) {
      void audience.admit(participant(`c${index}`, sink), joins);
      position = { epoch: 'e', seq: index + 1 };
      audience.tellArrivals(position, [set(`guest-${index}`)]);
    }
    expect(received.flat()).toHaveLength(1);
    await clock.advance(ARRIVALS_TOGETHER_MS);
    for (const sink of received.slice(1))
      expect(sink).toMatchObject([{ type: 'snapshot', id: 'j', seq: 50 }]);
    expect(received[0]?.map((message) => String(message.type))).toEqual(['snapshot', 'diff']);
    expect(diffs).toHaveLength(1);
  });

  it('keeps nobody waiting who comes from another connection, and answers with a delta where it can', async () => {
    void audience.admit(participant('first', []), joins);
    const resumed: DiffMessage[] = [];
    position = { epoch: 'e', seq: 7 };
    delta = [set('bob')];
    await audience.admit(participant('second', resumed), {
      ...{ id: 'r', resumes: true },
      since: { epoch: 'e', seq: 4 },
    });
    expect(resumed).toMatchObject([{ type: 'diff', id: 'r', prev: 4, seq: 7, changes: delta }]);
    delta = undefined;
    const late: DiffMessage[] = [];
    await audience.admit(participant('third', late), {
      ...{ id: 'r', resumes: true },
      since: { epoch: 'old', seq: 4 },
    });
    expect(late).toMatchObject([{ type: 'snapshot', id: 'r', seq: 7 }]);
  });

  it('holds nothing for a slow reader, and gives it one marked diff when it reads again', () => {
    congested = true;
    for (let seq = 1; seq <= 100; seq++) {
      position = { epoch: 'e', seq };
      audience.tell(position, [set('bob', String(seq))]);
    }
    audience.catchUp('c');
    expect(diffs).toEqual([]);
    congested = false;
    delta = [set('bob', '100')];
    audience.catchUp('c');
    audience.catchUp('c');
    expect(diffs).toMatchObject([{ type: 'diff', prev: 0, seq: 100, changes: delta, conflated: true }]);
    expect(conflations).toBe(1);
    audience.tell({ epoch: 'e', seq: 101 }, [set('eve')]);
    expect(diffs[1]).toMatchObject({ prev: 100, seq: 101 });
  });

  it('gives a slow reader a snapshot when its position is no longer known', () => {
    congested = true;
    audience.tell({ epoch: 'e', seq: 1 }, [set('bob')]);
    audience.tellAll({ epoch: 'f', seq: 1 });
    congested = false;
    audience.catchUp('c');
    expect(diffs.map((message) => String(message.type))).toEqual(['snapshot']);
  });

  it('gives a slow reader a snapshot when something about the wedding was announced meanwhile', () => {
    congested = true;
    audience.tell({ epoch: 'e', seq: 1 }, [set('bob')]);
    audience.announce({ type: 'freshness', wedding: 'w', staleMs: 0 });
    congested = false;
    delta = [set('bob')];
    audience.catchUp('c');
    expect(diffs.map((message) => String(message.type))).toEqual(['snapshot']);
  });

  it('lets somebody go who waits for a snapshot', async () => {
    void audience.admit(participant('first', []), joins);
    const waiting = audience.admit(participant('second', []), joins);
    audience.delete('second');
    await waiting;
    audience.close();
    expect(clock.pending).toBe(0);
  });
});
