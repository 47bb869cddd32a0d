import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../api/protocol/codes.ts';
import type { Member } from '../api/protocol/member.ts';
import type {
  ClientMessage,
  DiffMessage,
  ProvisionalMessage,
  SnapshotMessage,
} from '../api/protocol/messages.ts';
import { JoinedWedding } from './joined-wedding.ts';
import type { Presence } from './presence.ts';
import { PresenceError } from './presence-error.ts';
import type { Session } from './session.ts';

const member = (user: string, status: string): Member => ({
  user,
  role: 'other',
  state: 'present',
  status,
  since: 1,
  updatedAt: 1,
  devices: 1,
});

const snapshot = (epoch: string, seq: number, ...members: Member[]): SnapshotMessage => ({
  type: 'snapshot',
  wedding: 'w',
  epoch,
  seq,
  members,
});

const diff = (prev: number, seq: number, ...members: Member[]): DiffMessage => ({
  type: 'diff',
  wedding: 'w',
  epoch: 'e',
  prev,
  seq,
  changes: members.map((each) => ({ op: 'set', member: each })),
});

type Answer = 'ack' | 'silence' | PresenceError | Promise<void>;

/** One socket as the wedding sees it: what was asked, answered as the test says. Ends as a socket does. */
class ScriptedSession {
  readonly connection = 'c1';
  readonly asked: Omit<ClientMessage, 'id'>[] = [];
  readonly answers: Answer[] = [];
  readonly #waiting: ((error: PresenceError) => void)[] = [];

  request(message: Omit<ClientMessage, 'id'>): Promise<unknown> {
    this.asked.push(message);
    const answer = this.answers.shift() ?? 'ack';
    if (answer === 'ack') return Promise.resolve();
    if (answer === 'silence') return new Promise((_, reject) => this.#waiting.push(reject));
    return answer instanceof Promise ? answer : Promise.reject(answer);
  }

  end(): void {
    for (const reject of this.#waiting) reject(new PresenceError('disconnected', 'gone'));
  }

  get session(): Session {
    return this as unknown as Session;
  }
}

const refused = (code: ErrorCode, retryAfterMs?: number) => new PresenceError(code, code, retryAfterMs);

/** A wedding of a client, the waits it made, and what it told its application. */
function joinedWedding(presence: Presence = {}, duringWait: () => void = () => {}) {
  const waits: number[] = [];
  const told: string[] = [];
  const wedding = new JoinedWedding(
    'w',
    presence,
    {
      onSnapshot: (members) => told.push(`snapshot of ${[...members.keys()].join()}`),
      onDiff: (changes) => told.push(`diff of ${changes.length}`),
      onFreshness: (staleMs) => told.push(`stale for ${staleMs}`),
    },
    {
      delay: async (ms) => {
        waits.push(ms);
        duringWait();
      },
    },
  );
  return { wedding, waits, told };
}

describe('what a client shows of itself while it has no connection', () => {
  it('keeps only the last state, joins with it, and sends it once', async () => {
    const { wedding } = joinedWedding({ status: 'on the way' });
    const updates = [
      wedding.update({ status: 'parking' }),
      wedding.update({ data: { gate: 2 } }),
      wedding.update({ status: 'here' }),
    ];
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    await Promise.all(updates);
    expect(socket.asked).toEqual([
      { type: 'join', wedding: 'w', status: 'here', data: { gate: 2 } },
      { type: 'update', wedding: 'w', status: 'here', data: { gate: 2 } },
    ]);
  });

  it('does the same between two connections, and nothing goes to the one that is gone', async () => {
    const { wedding } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    wedding.detach(first.session);
    const updates = ['one', 'two', 'three'].map((status) => wedding.update({ status }));
    await wedding.attach(second.session);
    await Promise.all(updates);
    expect(first.asked.map(({ type }) => type)).toEqual(['join']);
    expect(second.asked).toMatchObject([
      { type: 'join', status: 'three', resume: 'c1' },
      { type: 'update', status: 'three' },
    ]);
    expect(second.asked).toHaveLength(2);
  });

  it('sends again what had no answer when the connection ended, with what changed since', async () => {
    const { wedding } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    first.answers.push('silence');
    const unanswered = wedding.update({ status: 'old' });
    await expect.poll(() => first.asked.length).toBe(2);
    wedding.detach(first.session);
    first.end();
    const later = wedding.update({ status: 'new' });
    await wedding.attach(second.session);
    await Promise.all([unanswered, later]);
    expect(second.asked.length).toBeGreaterThan(1);
    for (const message of second.asked) expect(message).toMatchObject({ status: 'new' });
  });

  it('waits as long as the server says, and gives up what it refuses for good', async () => {
    const { wedding, waits } = joinedWedding();
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    socket.answers.push(refused('unavailable', 1_400), 'ack', refused('invalid_message'));
    await wedding.update({ status: 'kept' });
    expect(waits).toEqual([1_400]);
    await expect(wedding.update({ data: 'x' })).rejects.toMatchObject({ code: 'invalid_message' });
    expect(socket.asked.map(({ type }) => type)).toEqual(['join', 'update', 'update', 'update']);
  });

  it('ends with the client: an update that waits is told why', async () => {
    const { wedding } = joinedWedding();
    const waiting = wedding.update({ status: 'never sent' });
    wedding.stop(refused('unauthorized'));
    await expect(waiting).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(wedding.update({ status: 'x' })).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('how a client sends many updates', () => {
  it('has one in flight, and sends what changes meanwhile as one', async () => {
    const { wedding } = joinedWedding();
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    const answer = Promise.withResolvers<void>();
    socket.answers.push(answer.promise);
    const first = wedding.update({ status: '1' });
    await expect.poll(() => socket.asked.length).toBe(2);
    const kept: string[] = [];
    const later = ['2', '3', '4'].map((status) => wedding.update({ status }).then(() => kept.push(status)));
    void first.then(() => kept.push('1'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.asked).toHaveLength(2);
    answer.resolve();
    await Promise.all(later);
    expect(kept).toEqual(['1', '2', '3', '4']);
    expect(socket.asked.slice(1)).toMatchObject([{ status: '1' }, { status: '4' }]);
  });

  it('waits when they are too fast, and sends once what was set meanwhile', async () => {
    const later: Promise<void>[] = [];
    const { wedding, waits } = joinedWedding({}, () => {
      later.push(
        wedding.update({ status: `during wait ${waits.length}` }),
        wedding.update({ data: waits.length }),
      );
    });
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    socket.answers.push(refused('rate_limited', 120), refused('rate_limited', 240));
    await wedding.update({ status: 'now' });
    await Promise.all(later);
    expect(waits).toEqual([120, 240]);
    expect(socket.asked.slice(1)).toMatchObject([
      { status: 'now' },
      { status: 'during wait 1', data: 1 },
      { status: 'during wait 2', data: 2 },
    ]);
    expect(socket.asked).toHaveLength(4);
  });

  it('tells all of them when the last one is refused for good, and takes new ones', async () => {
    const { wedding } = joinedWedding();
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    socket.answers.push(refused('invalid_message'));
    const refusals = await Promise.allSettled([wedding.update({ data: 'a' }), wedding.update({ data: 'b' })]);
    expect(refusals.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await wedding.update({ data: 'c' });
    expect(socket.asked.at(-1)).toMatchObject({ data: 'c' });
  });
});

describe('how a client takes up what it held', () => {
  it('says what it holds, and goes on from there when the answer is a diff', async () => {
    const { wedding, told } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    expect(first.asked[0]).not.toHaveProperty('since');
    wedding.receiveSnapshot(first.session, snapshot('e', 5, member('bob', 'old'), member('eve', 'same')));
    wedding.receiveDiff(first.session, diff(5, 7));
    wedding.detach(first.session);
    await wedding.attach(second.session);
    expect(second.asked[0]).toMatchObject({ type: 'join', resume: 'c1', since: { epoch: 'e', seq: 7 } });
    wedding.receiveDiff(second.session, diff(7, 12, member('bob', 'new')));
    expect(told).toEqual(['snapshot of bob,eve', 'diff of 1']);
    expect([...wedding.members.values()].map(({ status }) => status)).toEqual(['new', 'same']);
    expect(wedding.position).toEqual({ epoch: 'e', seq: 12 });
  });

  it('takes the snapshot that it gets instead when the server knows less, or the epoch is another', async () => {
    const { wedding } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    wedding.receiveSnapshot(first.session, snapshot('e', 5, member('bob', 'gone')));
    wedding.detach(first.session);
    await wedding.attach(second.session);
    wedding.receiveSnapshot(second.session, snapshot('later', 1, member('eve', 'here')));
    expect([...wedding.members.keys()]).toEqual(['eve']);
    expect(wedding.position).toEqual({ epoch: 'later', seq: 1 });
  });

  it('goes on from where its join said, and shows what the connection before says without numbers until then', async () => {
    const { wedding, told } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    const soon = (status: string): ProvisionalMessage => ({
      type: 'provisional',
      wedding: 'w',
      staleMs: 400,
      withdrawn: [],
      changes: [{ op: 'set', member: member('bob', status) }],
    });
    await wedding.attach(first.session);
    wedding.receiveSnapshot(first.session, snapshot('e', 5, member('bob', 'at 5')));
    second.answers.push('silence');
    void wedding.attach(second.session).catch(() => {});
    wedding.receiveProvisional(first.session, soon('soon'));
    wedding.receiveFreshness(first.session, 3_100);
    wedding.receiveDiff(first.session, diff(5, 6, member('bob', 'at 6')));
    wedding.receiveSnapshot(first.session, snapshot('later', 1));
    expect([wedding.members.get('bob')?.status, wedding.position]).toEqual(['soon', { epoch: 'e', seq: 5 }]);
    wedding.receiveDiff(second.session, diff(5, 8, member('eve', 'here')));
    wedding.receiveProvisional(first.session, soon('of the old connection'));
    expect([...wedding.members.values()].map(({ status }) => status)).toEqual(['at 5', 'here']);
    expect(told.join()).toBe('snapshot of bob,stale for 3100,snapshot of bob,stale for 0,diff of 1');
  });

  it('tells how old a snapshot is, and when the next one is fresh', async () => {
    const { wedding, told } = joinedWedding();
    const socket = new ScriptedSession();
    await wedding.attach(socket.session);
    const snapshots = [{ ...snapshot('e', 5), staleMs: 4_000 }, snapshot('e', 6), snapshot('e', 7)];
    for (const each of snapshots) wedding.receiveSnapshot(socket.session, each);
    expect(told).toEqual(['snapshot of ', 'stale for 4000', 'snapshot of ', 'stale for 0', 'snapshot of ']);
  });

  it('asks for the whole when the diff begins after what it holds, and ignores the connection before', async () => {
    const { wedding, told } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    wedding.receiveSnapshot(first.session, snapshot('e', 5, member('bob', 'old')));
    await wedding.attach(second.session);
    wedding.receiveDiff(first.session, diff(5, 6, member('bob', 'of the old connection')));
    wedding.receiveDiff(second.session, diff(8, 9, member('bob', 'too far')));
    expect(wedding.members.get('bob')?.status).toBe('old');
    expect(told).toHaveLength(1);
    expect(second.asked.map(({ type }) => type)).toEqual(['join', 'snapshot']);
  });

  it('asks again when it asked for the whole too fast, and asks the next connection too', async () => {
    const { wedding, waits } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    wedding.receiveSnapshot(first.session, snapshot('e', 5));
    first.answers.push(refused('rate_limited', 130), 'silence');
    wedding.receiveDiff(first.session, diff(8, 9));
    await expect.poll(() => first.asked.map(({ type }) => type)).toEqual(['join', 'snapshot', 'snapshot']);
    expect(waits).toEqual([130]);
    await wedding.attach(second.session);
    wedding.receiveDiff(second.session, diff(9, 10));
    first.end();
    await expect.poll(() => second.asked.map(({ type }) => type)).toEqual(['join', 'snapshot']);
    expect(first.asked).toHaveLength(3);
  });

  it('says where it is now each time that a join has to be repeated', async () => {
    const { wedding, waits } = joinedWedding();
    const [first, second] = [new ScriptedSession(), new ScriptedSession()];
    await wedding.attach(first.session);
    wedding.receiveSnapshot(first.session, snapshot('e', 5));
    second.answers.push(refused('unavailable', 900), refused('wedding_full', 1_100));
    await wedding.attach(second.session);
    expect(waits).toEqual([900, 1_100]);
    expect(second.asked).toHaveLength(3);
    for (const message of second.asked)
      expect(message).toMatchObject({ type: 'join', resume: 'c1', since: { epoch: 'e', seq: 5 } });
  });
});
