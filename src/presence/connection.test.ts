import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/support/manual-clock.ts';
import type { ServerMessage } from '../api/protocol/messages.ts';
import { silentLogger } from '../platform/telemetry/log.ts';
import { Connection } from './connection.ts';
import { createPresenceMetrics } from './metrics.ts';
import { Rooms } from './rooms.ts';
import type { SharedFrame } from './shared-frame.ts';
import type { PresenceStore, StateSnapshot } from './store.ts';

const IDENTITY_LASTS_MS = 60_000;

/** A connection on a socket that keeps what it is told, and a store whose answers the test gives. */
function setUp() {
  const clock = new ManualClock();
  const metrics = createPresenceMetrics({
    connections: () => 1,
    connectionLimit: () => 1,
    weddings: () => 0,
    redisAvailable: () => true,
    draining: () => false,
  });
  const answers: ((snapshot: StateSnapshot) => void)[] = [];
  const store: PresenceStore = {
    available: true,
    join: () => new Promise((resolve) => answers.push(resolve)),
    update: async () => ({ epoch: 'e', seq: 2 }),
    leave: async () => ({ epoch: 'e', seq: 3 }),
    drop: async () => ({ epoch: 'e', seq: 3 }),
    beat: async () => ({ epoch: 'e', seq: 1 }),
    snapshot: async () => ({ epoch: 'e', seq: 1, entries: new Map() }),
    subscribe: async () => {},
    unsubscribe: async () => {},
    close: async () => {},
  };
  const sent: ServerMessage[] = [];
  const socket = {
    sent,
    bufferedBytes: 0,
    reading: true,
    closedWith: undefined as number | undefined,
    send: (text: string) => void sent.push(JSON.parse(text) as ServerMessage),
    sendShared: (frame: SharedFrame) => void sent.push(JSON.parse(frame.text) as ServerMessage),
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
  const rooms = new Rooms({ ...common, store, incarnation: 'pod' });
  const identity = {
    user: 'ann',
    role: 'planner' as const,
    weddings: new Set(['ada']),
    expiresAt: clock.now().getTime() + IDENTITY_LASTS_MS,
  };
  const connection = new Connection('c1', socket, identity, {
    ...common,
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
    answerJoin: () => answers.shift()?.({ epoch: 'e', seq: 1, entries: new Map() }),
  };
}

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

  it('gives up a client that does not read', async () => {
    const { connection, socket, rooms, answerJoin } = setUp();
    connection.receive('{"type":"join","wedding":"ada"}');
    await settle();
    answerJoin();
    await settle();
    socket.bufferedBytes = 2_000_000;
    rooms.receive('ada', {
      ...{ epoch: 'e', seq: 2, origin: '' },
      changes: [
        {
          op: 'set',
          connection: 'c2',
          entry: {
            user: 'bob',
            body: { role: 'other' },
            pod: 'q',
            state: 'present',
            since: 1,
            updatedAt: 1,
            version: 2,
          },
        },
      ],
    });
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'error',
      code: 'slow_consumer',
      fatal: true,
      retryAfterMs: 1_500,
    });
    expect(socket.closedWith).toBe(4408);
  });

  it('ends with its token, to the millisecond, and says nothing more', async () => {
    const { clock, connection, socket } = setUp();
    await clock.advance(IDENTITY_LASTS_MS - 1);
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
