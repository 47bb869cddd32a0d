import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { metricsAtRest, quietScheduler } from '../../../test/support/presence-parts.ts';
import type { ServerMessage } from '../../api/protocol/messages.ts';
import { revocationsText } from '../../domain/optimization/revocation-list.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { CLOCK_TOLERANCE_MS } from '../auth/identity.ts';
import { Revocations } from '../auth/revocations.ts';
import { TokenExpiry } from '../auth/token-expiry.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import { RateLimits } from '../limits/rate-limit.ts';
import { Rooms } from '../room/rooms.ts';
import type { ChangeReceiver, PresenceStore, StateSnapshot } from '../store/store.ts';
import { Connection } from './connection.ts';

const IDENTITY_LASTS_MS = 60_000;

/** A connection on a socket that keeps what it is told, and a store whose answers the test gives. */
function setUp() {
  const clock = new ManualClock();
  const metrics = metricsAtRest();
  const drops: string[] = [];
  const leaves: string[] = [];
  const answers: ((snapshot: StateSnapshot) => void)[] = [];
  const channels = new Map<string, ChangeReceiver>();
  const store: PresenceStore = {
    available: true,
    join: () => new Promise((resolve) => answers.push(resolve)),
    enter: async () => ({ epoch: 'e', seq: 1 }),
    patch: async () => ({ epoch: 'e', seq: 2, changed: [] }),
    history: async () => [],
    expel: async () => ({ epoch: 'e', seq: 2, ended: 0 }),
    update: async () => ({ epoch: 'e', seq: 2 }),
    leave: async (...[, , connection]) => {
      leaves.push(connection);
      return { epoch: 'e', seq: 3 };
    },
    drop: async (...[, , , reason]) => {
      drops.push(reason);
      return { epoch: 'e', seq: 3 };
    },
    heartbeat: async () => ({ epoch: 'e', seq: 1 }),
    snapshot: async () => ({ epoch: 'e', seq: 1, entries: new Map() }),
    subscribe: async (wedding, receiver) => void channels.set(wedding, receiver),
    unsubscribe: async () => {},
    close: async () => {},
  };
  const sent: ServerMessage[] = [];
  const socket = {
    sent,
    bufferedBytes: 0,
    reading: true,
    closedWith: undefined as number | undefined,
    send(text: string): boolean {
      sent.push(JSON.parse(text) as ServerMessage);
      return this.bufferedBytes === 0;
    },
    sendShared(frame: SharedFrame): boolean {
      return this.send(frame.text);
    },
    close(code: number) {
      this.closedWith = code;
    },
    terminate: () => {},
    pause() {
      this.reading = false;
    },
    resume() {
      this.reading = true;
    },
  };
  const common = { clock, random: () => 0.5, metrics, log: silentLogger() };
  const scheduler = quietScheduler(clock);
  const rooms = new Rooms({
    ...common,
    store,
    incarnation: 'pod',
    peers: { publish: () => {} },
    scheduler,
    teamOf: () => undefined,
  });
  const limits = new RateLimits({ rate: { perSecond: 10, burst: 40 }, maxConnectionsPerUser: 10 });
  const identity = {
    user: 'ann',
    role: 'planner' as const,
    weddings: ['ada', 'closed', ...Array.from({ length: 17 }, (_, index) => `w${index}`)],
    expiresAt: clock.now().getTime() + IDENTITY_LASTS_MS,
  };
  const revocations = new Revocations(() => clock.now().getTime());
  const refuseAnn = (wedding?: string) => {
    const from = clock.now().getTime();
    const until = from + IDENTITY_LASTS_MS;
    revocations.load(
      revocationsText([{ request: 'r', subject: 'ann', wedding, tokens: 'All', from, until }]),
    );
  };
  const connection = new Connection('c1', socket, identity, false, {
    ...common,
    scheduler,
    limits,
    isClosed: (wedding) => wedding === 'closed',
    revocations,
    rooms,
    heartbeatMs: 10_000,
    graceMs: () => 1_000,
  });
  connection.start();
  return {
    clock,
    connection,
    socket,
    rooms,
    revocations,
    refuseAnn,
    channels,
    drops,
    leaves,
    answerJoin: () => answers.shift()?.({ epoch: 'e', seq: 1, entries: new Map() }),
  };
}

describe('a Connection of a person who is refused', () => {
  const joined = async () => {
    const parts = setUp();
    for (const wedding of ['ada', 'w1']) {
      parts.connection.receive(`{"type":"join","wedding":"${wedding}"}`);
      await settle();
      parts.answerJoin();
      await settle();
    }
    return parts;
  };

  it('ends with a code that is not tried again, and others see a leave before the socket is gone', async () => {
    const { connection, socket, leaves, drops, revocations, refuseAnn } = await joined();
    connection.revoke();
    expect(socket.closedWith).toBeUndefined();
    refuseAnn();
    connection.revoke();
    connection.revoke();
    await settle();
    expect(socket.sent.at(-1)).toEqual({
      type: 'error',
      code: 'revoked',
      message: expect.stringContaining('access has been ended until'),
      fatal: true,
    });
    expect([socket.closedWith, leaves, revocations.ended.get('r')]).toEqual([4403, ['c1', 'c1'], 1]);
    await connection.end('closed');
    expect([leaves.length, drops]).toEqual([2, []]);
  });

  it('whose join is under way leaves when it ends', async () => {
    const { connection, leaves, drops, refuseAnn, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    refuseAnn();
    connection.revoke();
    const ended = connection.end('closed');
    answerJoin();
    await ended;
    expect([leaves, drops]).toEqual([['c1'], []]);
  });

  it('in one wedding stays for the others, and cannot join that one again', async () => {
    const { connection, socket, leaves, revocations, refuseAnn } = await joined();
    refuseAnn('ada');
    connection.revoke();
    connection.revoke();
    await settle();
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'error',
      code: 'removed',
      fatal: false,
      wedding: 'ada',
    });
    expect([leaves, connection.weddings, revocations.ended.get('r')]).toEqual([['c1'], ['w1'], 1]);
    connection.receive('{"type":"join","id":"again","wedding":"ada"}');
    await settle();
    expect(socket.sent.at(-1)).toMatchObject({ type: 'error', code: 'removed', id: 'again', fatal: false });
    expect(socket.closedWith).toBeUndefined();
  });
});

describe('Connection', () => {
  it('reads no further while too many requests wait, and goes on when they are done', async () => {
    const { connection, socket, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    for (let count = 0; count < 31; count++) connection.receive(`{"type":"ping","id":"${count}"}`);
    expect(socket.reading).toBe(false);
    await settle();
    expect(socket.sent.map((message) => message.type)).toEqual(['welcome']);
    answerJoin();
    await settle();
    expect(socket.reading).toBe(true);
    const types = socket.sent.map((message) => message.type);
    expect(types.slice(0, 3)).toEqual(['welcome', 'snapshot', 'pong']);
    expect(types.filter((type) => type === 'pong')).toHaveLength(31);
  });

  const bobIs = (seq: number, status: string) => ({
    epoch: 'e',
    seq,
    origin: '',
    changes: [
      {
        op: 'set' as const,
        connection: 'c2',
        entry: {
          user: 'bob',
          body: { role: 'other' as const, status },
          pod: 'q',
          state: 'present' as const,
          since: 1,
          updatedAt: seq,
          version: seq,
        },
      },
    ],
  });

  it.each([
    ['closed', 'closed', false],
    ['drained', 'closed', true],
    ['lost', 'lost', true],
  ] as const)('calls a connection %s that ends as %s, told to go: %s', async (reason, end, isTold) => {
    const { connection, drops, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    answerJoin();
    await settle();
    if (isTold) connection.announceDrain(1_000);
    await connection.end(end);
    expect(drops).toEqual([reason]);
  });

  it('handles what came before its end: a leave that waits behind a join is no loss', async () => {
    const { connection, drops, leaves, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    connection.receive('{"type":"leave","wedding":"ada"}');
    const ended = connection.end('closed');
    await settle();
    answerJoin();
    await ended;
    expect([leaves, drops]).toEqual([['c1'], []]);
  });

  it('merges what a slow phone does not read, and sends it when it reads again', async () => {
    const { connection, socket, channels, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    socket.bufferedBytes = 200_000;
    answerJoin();
    await settle();
    const before = socket.sent.length;
    for (let seq = 2; seq <= 50; seq++) channels.get('ada')?.receive(bobIs(seq, `s${seq}`));
    expect(socket.sent).toHaveLength(before);
    socket.bufferedBytes = 0;
    connection.drained();
    expect(socket.sent.slice(before)).toMatchObject([
      { type: 'diff', seq: 50, conflated: true, changes: [{ member: { user: 'bob', status: 's50' } }] },
    ]);
  });

  it('gives up a client that asks and does not read the answers', async () => {
    const { connection, socket, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    answerJoin();
    await settle();
    socket.bufferedBytes = 2_000_000;
    connection.receive('{"type":"snapshot","wedding":"ada"}');
    await settle();
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'error',
      code: 'slow_consumer',
      fatal: true,
      retryAfterMs: 1_500,
    });
    expect(socket.closedWith).toBe(4408);
  });

  it('drops what is too fast with a word, and then closes', async () => {
    const { connection, socket } = setUp();
    for (let count = 0; count < 200; count++) {
      connection.receive(`{"type":"ping","id":"${count}"}`);
      await settle();
    }
    const codes = socket.sent.flatMap((message) => (message.type === 'error' ? [message.code] : []));
    expect(socket.sent.filter((message) => message.type === 'pong')).toHaveLength(40);
    expect(codes).toEqual([...Array.from({ length: 40 }, () => 'rate_limited'), 'flooding']);
    expect(socket.closedWith).toBe(4429);
  });

  it('says which message was dropped, and when to send it again', async () => {
    const { clock, connection, socket } = setUp();
    for (let count = 0; count < 40; count++) connection.receive('{"type":"ping"}');
    for (const text of [
      '{"type":"update","id":"u","wedding":"ada","status":"x"}',
      '{"type":"leave","wedding":"ada"}',
      '{"type":"ping","id":7,"wedding":"{}"}',
      'no JSON',
    ])
      connection.receive(text);
    const errors = socket.sent.flatMap((message) => (message.type === 'error' ? [message] : []));
    const message = 'too many messages; this one was dropped';
    const same = { type: 'error', code: 'rate_limited', message, fatal: false };
    expect(errors).toEqual([
      { ...same, id: 'u', wedding: 'ada', retryAfterMs: 150 },
      { ...same, wedding: 'ada', retryAfterMs: 300 },
      { ...same, retryAfterMs: 450 },
      { ...same, retryAfterMs: 600 },
    ]);
    await settle();
    await clock.advance(150);
    connection.receive('{"type":"ping","id":"again"}');
    await settle();
    expect(socket.sent.at(-1)).toEqual({ type: 'pong', id: 'again' });
  });

  it('lets nobody into a wedding that is closed, and keeps the connection', async () => {
    const { connection, socket, rooms } = setUp();
    connection.receive('{"type":"join","id":"1","wedding":"closed"}');
    await settle();
    expect(socket.sent.at(-1)).toMatchObject({ code: 'wedding_closed', fatal: false, id: '1' });
    expect(socket.closedWith).toBeUndefined();
    expect(rooms.size).toBe(0);
  });

  it('joins 16 weddings and no more, until it leaves one', async () => {
    const { connection, socket, answerJoin } = setUp();
    const join = async (wedding: string): Promise<void> => {
      connection.receive(JSON.stringify({ type: 'join', id: wedding, wedding }));
      await settle();
      answerJoin();
      await settle();
    };
    for (let index = 0; index < 17; index++) await join(`w${index}`);
    const refusal = { type: 'error', code: 'too_many_weddings', fatal: false, id: 'w16', wedding: 'w16' };
    expect(socket.sent.at(-1)).toMatchObject(refusal);
    expect(connection.weddings).toHaveLength(16);
    connection.receive('{"type":"leave","wedding":"w3"}');
    await settle();
    await join('w16');
    expect(socket.sent.at(-1)).toMatchObject({ type: 'snapshot', id: 'w16' });
  });

  it('asks a client to go to an emptier server, and keeps who stays', () => {
    const { connection, socket } = setUp();
    connection.announceMove();
    expect(socket.sent.at(-1)).toEqual({ type: 'drain', deadlineMs: 10_000, reason: 'rebalance' });
    expect([connection.announced, socket.closedWith]).toEqual([true, undefined]);
  });

  it('tells who waits for its end, before and after it', async () => {
    const { connection } = setUp();
    const before = connection.ended;
    await connection.end('closed');
    await before;
    await connection.ended;
    expect(connection.weddings).toEqual([]);
  });

  it('ends with its token and the tolerance of its check, to the millisecond, and sends nothing more', async () => {
    const { clock, connection, socket } = setUp();
    const expiry = new TokenExpiry(clock, () => [connection]);
    expiry.add(connection);
    await clock.advance(IDENTITY_LASTS_MS + CLOCK_TOLERANCE_MS - 1);
    expect(socket.closedWith).toBeUndefined();
    await clock.advance(1);
    expect(socket.sent.at(-1)).toMatchObject({ type: 'error', code: 'token_expired', fatal: true });
    expect(socket.closedWith).toBe(4401);
    const before = socket.sent.length;
    connection.receive('{"type":"ping"}');
    await settle();
    expect(socket.sent).toHaveLength(before);
  });

  it('leaves no timer and no room behind', async () => {
    const { clock, connection, rooms, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    answerJoin();
    await settle();
    expect(rooms.size).toBe(1);
    await connection.end('lost');
    expect(rooms.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
