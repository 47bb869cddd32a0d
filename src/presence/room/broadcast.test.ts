import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Member } from '../../api/protocol/member.ts';
import type { DiffMessage, FreshnessMessage, MemberChange } from '../../api/protocol/messages.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import type { Position } from '../store/store.ts';
import { ARRIVAL_WINDOW_MS, Broadcast } from './broadcast.ts';

function member(user: string, status?: string): Member {
  return {
    user,
    role: 'other',
    state: 'present',
    since: 1,
    updatedAt: 1,
    devices: 1,
    ...(status === undefined ? {} : { status }),
  } as Member;
}

const set = (user: string, status?: string): MemberChange => ({ op: 'set', member: member(user, status) });

describe('Broadcast', () => {
  let clock: ManualClock;
  let broadcast: Broadcast;
  let diffs: DiffMessage[];
  let position: Position;
  let delta: MemberChange[] | undefined;
  let congested: boolean;
  let conflations: number;
  let staleness: { ageMs: number; staleMs: number | undefined };

  const subscriber = (connection: string, sink: DiffMessage[]) => ({
    membership: { connection, user: connection, body: { role: 'other' as const }, graceMs: 0 },
    lean: false,
    sink: {
      congested: () => congested,
      deliver: (frame: SharedFrame) => void sink.push(JSON.parse(frame.text) as DiffMessage),
    },
  });
  const joins = { id: 'j', resumes: false, since: undefined };

  beforeEach(async () => {
    clock = new ManualClock();
    diffs = [];
    position = { epoch: 'e', seq: 0 };
    delta = undefined;
    congested = false;
    conflations = 0;
    staleness = { ageMs: 0, staleMs: undefined };
    broadcast = new Broadcast({
      wedding: 'w',
      clock,
      replica: {
        get position() {
          return position;
        },
        since: () => delta,
        members: () => [],
      },
      staleness,
      teamOf: () => undefined,
      metrics: { delivered: () => {}, conflated: () => void conflations++ },
    });
    await broadcast.admit(subscriber('c', diffs), joins);
    await clock.advance(ARRIVAL_WINDOW_MS);
    diffs.length = 0;
  });

  const arrive = (seq: number, user: string): void =>
    broadcast.publish({ epoch: 'e', seq }, [set(user)], true);

  it('shows one arrival at once, and those soon after it together', async () => {
    arrive(1, 'bob');
    expect(diffs).toHaveLength(1);
    for (let seq = 2; seq <= 50; seq++) arrive(seq, `guest-${seq}`);
    await clock.advance(ARRIVAL_WINDOW_MS - 1);
    expect(diffs).toHaveLength(1);
    await clock.advance(1);
    expect(diffs).toHaveLength(2);
    expect(diffs[1]).toMatchObject({ prev: 1, seq: 50 });
    expect(diffs[1]?.changes).toHaveLength(49);
  });

  it('sends an update at once, with coalesced arrivals before it in the same diff', async () => {
    arrive(1, 'bob');
    arrive(2, 'eve');
    broadcast.publish({ epoch: 'e', seq: 3 }, [set('eve', 'here')], false);
    expect(diffs).toHaveLength(2);
    expect(diffs[1]).toMatchObject({ prev: 1, seq: 3, changes: [set('eve', 'here')] });
    await clock.advance(ARRIVAL_WINDOW_MS);
    expect(diffs).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('shows an arrival at once again after a pause', async () => {
    arrive(1, 'bob');
    await clock.advance(ARRIVAL_WINDOW_MS);
    arrive(2, 'eve');
    expect(diffs.map((diff) => diff.seq)).toEqual([1, 2]);
  });

  it('drops coalesced arrivals when a snapshot is published, and leaves no timer', async () => {
    arrive(1, 'bob');
    arrive(2, 'eve');
    broadcast.publishSnapshot({ epoch: 'f', seq: 0 });
    await clock.advance(ARRIVAL_WINDOW_MS);
    expect(diffs.map((message) => String(message.type))).toEqual(['diff', 'snapshot']);
    arrive(3, 'zoe');
    broadcast.close();
    expect(clock.pending).toBe(0);
  });

  it('sends the snapshot of the first join at once, and the snapshots of later joins together when the window is over', async () => {
    const received: DiffMessage[][] = Array.from({ length: 50 }, () => []);
    for (const [index, sink] of received.entries()) {
      void broadcast.admit(subscriber(`c${index}`, sink), joins);
      position = { epoch: 'e', seq: index + 1 };
      broadcast.publish(position, [set(`guest-${index}`)], true);
    }
    expect(received.flat()).toHaveLength(1);
    await clock.advance(ARRIVAL_WINDOW_MS);
    for (const sink of received.slice(1))
      expect(sink).toMatchObject([{ type: 'snapshot', id: 'j', seq: 50 }]);
    expect(received[0]?.map((message) => String(message.type))).toEqual(['snapshot', 'diff']);
    expect(diffs).toHaveLength(1);
  });

  it('answers a resumed connection at once, with a delta when it can', async () => {
    void broadcast.admit(subscriber('first', []), joins);
    const resumed: DiffMessage[] = [];
    position = { epoch: 'e', seq: 7 };
    delta = [set('bob')];
    await broadcast.admit(subscriber('second', resumed), {
      id: 'r',
      resumes: true,
      since: { epoch: 'e', seq: 4 },
    });
    expect(resumed).toMatchObject([{ type: 'diff', id: 'r', prev: 4, seq: 7, changes: delta }]);
    delta = undefined;
    const late: DiffMessage[] = [];
    await broadcast.admit(subscriber('third', late), {
      id: 'r',
      resumes: true,
      since: { epoch: 'old', seq: 4 },
    });
    expect(late).toMatchObject([{ type: 'snapshot', id: 'r', seq: 7 }]);
  });

  it('buffers nothing for a slow reader, and sends it one conflated diff when it reads again', () => {
    congested = true;
    for (let seq = 1; seq <= 100; seq++) {
      position = { epoch: 'e', seq };
      broadcast.publish(position, [set('bob', String(seq))], false);
    }
    broadcast.catchUp('c');
    expect(diffs).toEqual([]);
    congested = false;
    delta = [set('bob', '100')];
    broadcast.catchUp('c');
    broadcast.catchUp('c');
    expect(diffs).toMatchObject([{ type: 'diff', prev: 0, seq: 100, changes: delta, conflated: true }]);
    expect(conflations).toBe(1);
    broadcast.publish({ epoch: 'e', seq: 101 }, [set('eve')], false);
    expect(diffs[1]).toMatchObject({ prev: 100, seq: 101 });
  });

  it('gives a slow reader a snapshot when its position is no longer known', () => {
    congested = true;
    broadcast.publish({ epoch: 'e', seq: 1 }, [set('bob')], false);
    broadcast.publishSnapshot({ epoch: 'f', seq: 1 });
    congested = false;
    broadcast.catchUp('c');
    expect(diffs.map((message) => String(message.type))).toEqual(['snapshot']);
  });

  it('gives a slow reader a snapshot when staleness was announced meanwhile', () => {
    congested = true;
    broadcast.publish({ epoch: 'e', seq: 1 }, [set('bob')], false);
    staleness.staleMs = 4_000;
    broadcast.announceIfStale();
    congested = false;
    delta = [set('bob')];
    broadcast.catchUp('c');
    expect(diffs.map((message) => String(message.type))).toEqual(['snapshot']);
  });

  it('announces once that the state is stale, and once that it is fresh again', () => {
    const announced = () => diffs.map((message) => (message as unknown as FreshnessMessage).staleMs);
    for (const staleMs of [undefined, 3_400.4, 4_400]) {
      staleness.staleMs = staleMs;
      broadcast.announceIfStale();
    }
    expect(announced()).toEqual([3_400]);
    staleness.staleMs = undefined;
    for (let heartbeat = 0; heartbeat < 2; heartbeat++) broadcast.announceFresh();
    expect(announced()).toEqual([3_400, 0]);
  });

  it('detaches a subscriber that waits for a snapshot', async () => {
    void broadcast.admit(subscriber('first', []), joins);
    const waiting = broadcast.admit(subscriber('second', []), joins);
    broadcast.detach('second');
    await waiting;
    broadcast.close();
    expect(clock.pending).toBe(0);
  });
});
