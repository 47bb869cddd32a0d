import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Member } from '../api/protocol/member.ts';
import type { ClientMessage, ServerMessage } from '../api/protocol/messages.ts';
import { deferred } from './deferred.ts';
import { PresenceClient } from './presence-client.ts';
import type { PresenceError } from './presence-error.ts';

const member = (user: string, status: string): Member => ({
  user,
  role: 'other',
  state: 'present',
  status,
  since: 1,
  updatedAt: 1,
  devices: 1,
});

const welcome = (connection: string): ServerMessage => ({
  type: 'welcome',
  protocol: 1,
  connection,
  user: 'ann',
  role: 'other',
  weddings: ['w', 'over'],
  heartbeatMs: 60_000,
  maxFrameBytes: 16_384,
  expiresAt: 4_000_000_000_000,
});

const snapshot = (id: string | undefined, seq: number, status: string): ServerMessage => ({
  type: 'snapshot',
  wedding: 'w',
  epoch: 'e',
  seq,
  members: [member('bob', status)],
  ...(id === undefined ? {} : { id }),
});

/** One connection at the scripted server. */
interface Visit {
  readonly token: string | null;
  readonly at: number;
  readonly asked: ClientMessage[];
  say(message: ServerMessage): void;
  readonly socket: WebSocket;
}

describe('PresenceClient', () => {
  let server: WebSocketServer;
  let visits: Visit[];
  let onVisit: (visit: Visit, number: number) => void;
  let onMessage: (visit: Visit, message: ClientMessage, number: number) => void;

  beforeEach(async () => {
    visits = [];
    onVisit = (visit, number) => visit.say(welcome(`c${number}`));
    onMessage = (visit, message) => {
      if (message.type === 'join') visit.say(snapshot(message.id, 1, 'first'));
      if (message.type === 'leave')
        visit.say({ type: 'ack', id: message.id ?? '', wedding: 'w', epoch: 'e', seq: 9 });
    };
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket, request) => {
      const number = visits.length + 1;
      const visit: Visit = {
        token: /bearer[.](\S+)/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1] ?? null,
        at: performance.now(),
        asked: [],
        say: (message) => socket.send(JSON.stringify(message)),
        socket,
      };
      visits.push(visit);
      socket.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString()) as ClientMessage;
        visit.asked.push(message);
        onMessage(visit, message, number);
      });
      onVisit(visit, number);
    });
  });

  afterEach(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((closed) => server.close(closed));
  });

  const url = (): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/presence`;

  it('asks once for a snapshot after a gap, and shows what the snapshot says', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    const statuses: (string | undefined)[] = [];
    const repaired = Promise.withResolvers<void>();
    const answerJoin = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type === 'snapshot') visit.say(snapshot(message.id, 7, 'repaired'));
      else answerJoin(visit, message, number);
    };
    await client.join(
      'w',
      {},
      {
        onSnapshot: (members) => {
          statuses.push(members.get('bob')?.status);
          if (statuses.length === 2) repaired.resolve();
        },
        onDiff: (_, members) => statuses.push(members.get('bob')?.status),
      },
    );
    for (const seq of [6, 7]) {
      visits[0]?.say({
        type: 'diff',
        wedding: 'w',
        epoch: 'e',
        prev: seq - 1,
        seq,
        changes: [{ op: 'set', member: member('bob', `diff ${seq}`) }],
      });
    }
    await repaired.promise;
    expect(statuses).toEqual(['first', 'repaired']);
    expect(visits[0]?.asked.map((message) => message.type)).toEqual(['join', 'snapshot']);
    await client.close();
  });

  it('waits as long as a refusal says, then joins with what it wants to show now, resuming', async () => {
    const hintMs = 300;
    onVisit = (visit, number) => {
      if (number !== 2) {
        visit.say(welcome(`c${number}`));
        return;
      }
      visit.say({ type: 'error', code: 'over_capacity', message: 'full', fatal: true, retryAfterMs: hintMs });
      visit.socket.close(4503);
    };
    const client = new PresenceClient({ url: url(), token: 't' });
    const joined = await client.join('w', { status: 'here' });
    visits[0]?.socket.terminate();
    const again = Promise.withResolvers<ClientMessage>();
    const answerJoin = onMessage;
    onMessage = (visit, message, number) => {
      answerJoin(visit, message, number);
      if (number === 3 && message.type === 'join') again.resolve(message);
    };
    const updated = joined.update({ data: 5 }).catch((error: unknown) => error);
    expect(await again.promise).toMatchObject({ wedding: 'w', status: 'here', data: 5, resume: 'c1' });
    expect((visits[2]?.at ?? 0) - (visits[1]?.at ?? 0)).toBeGreaterThanOrEqual(hintMs);
    await client.close();
    expect(await updated).toBeInstanceOf(Error);
  });

  it('opens the new connection before it closes the old one when the server drains', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    await client.join('w');
    const oldClosed = once(visits[0]?.socket as WebSocket, 'close');
    visits[0]?.say({ type: 'drain', deadlineMs: 50 });
    await oldClosed;
    expect(visits).toHaveLength(2);
    expect(visits[1]?.asked[0]).toMatchObject({ type: 'join', resume: 'c1' });
    expect(visits[0]?.asked.map((message) => message.type)).toEqual(['join']);
    await client.close();
  });

  it('stays what it was while a drain does not work out: keeps the old connection, and resumes that one', async () => {
    const answerJoin = onMessage;
    onMessage = (visit, message, number) => {
      if (number === 2) visit.socket.terminate();
      else answerJoin(visit, message, number);
    };
    const client = new PresenceClient({ url: url(), token: 't' });
    await client.join('w');
    const oldClosed = once(visits[0]?.socket as WebSocket, 'close').then(() => visits.length);
    visits[0]?.say({ type: 'drain', deadlineMs: 5_000 });
    expect(await oldClosed).toBe(3);
    expect(visits[2]?.asked).toMatchObject([{ type: 'join', resume: 'c1' }]);
    visits[2]?.socket.terminate();
    await expect.poll(() => visits[3]?.asked).toMatchObject([{ type: 'join', resume: 'c3' }]);
    await client.close();
  });

  it('opens one connection when the old one ends while it still gets a token for the new one', async () => {
    const slow = deferred<string>();
    const tokens = [Promise.resolve('first'), slow.promise];
    const client = new PresenceClient({ url: url(), token: () => tokens.shift() ?? 'at-once' });
    await client.join('w');
    visits[0]?.say({ type: 'drain', deadlineMs: 50 });
    await expect.poll(() => tokens).toHaveLength(0);
    visits[0]?.socket.terminate();
    await expect.poll(() => visits[1]?.asked).toHaveLength(1);
    slow.resolve('slow');
    // A connection with the slow token would have been opened before this one.
    await new Promise((resolve) => setImmediate(resolve));
    const later = new PresenceClient({ url: url(), token: 'later' });
    await later.join('w');
    expect(visits.map(({ token }) => token)).toEqual(['first', 'at-once', 'later']);
    await Promise.all([client.close(), later.close()]);
  });

  it('leaves over the old connection too when it is closed before the new one has joined', async () => {
    onVisit = (visit, number) => number === 1 && visit.say(welcome('c1'));
    const client = new PresenceClient({ url: url(), token: 't' });
    await client.join('w');
    const oldClosed = once(visits[0]?.socket as WebSocket, 'close');
    visits[0]?.say({ type: 'drain', deadlineMs: 5_000 });
    await expect.poll(() => visits).toHaveLength(2);
    await client.close();
    await oldClosed;
    expect(visits[0]?.asked.map((message) => message.type)).toEqual(['join', 'leave']);
  });

  it('tells who joins a wedding that is over, and stays connected for the others', async () => {
    const answerJoin = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type !== 'join' || message.wedding === 'w') answerJoin(visit, message, number);
      else {
        const about = { wedding: message.wedding, ...(message.id === undefined ? {} : { id: message.id }) };
        visit.say({ type: 'error', code: 'wedding_closed', message: 'over', fatal: false, ...about });
      }
    };
    const client = new PresenceClient({ url: url(), token: 't' });
    await expect(client.join('over')).rejects.toMatchObject({ code: 'wedding_closed' });
    expect((await client.join('w')).members.size).toBe(1);
    expect(visits).toHaveLength(1);
    await client.close();
  });

  it('asks for no wedding that its token does not name, which would end the connection for the others', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    const joined = await client.join('w');
    await expect(client.join('of somebody else')).rejects.toMatchObject({ code: 'unknown_wedding' });
    expect(visits[0]?.asked.map(({ type }) => type)).toEqual(['join']);
    expect(joined.members.size).toBe(1);
    await client.close();
  });

  it('gets a fresh token when the old one expired, and gives up when it is refused', async () => {
    const tokens = ['old', 'new', 'wrong'];
    onVisit = (visit, number) => {
      if (number === 1) visit.say({ type: 'error', code: 'token_expired', message: '', fatal: true });
      if (number === 2) visit.say(welcome('c2'));
      if (number === 3) visit.say({ type: 'error', code: 'unauthorized', message: '', fatal: true });
      if (number !== 2) visit.socket.close(4401);
    };
    const closed = Promise.withResolvers<PresenceError | undefined>();
    const client = new PresenceClient({
      url: url(),
      token: () => tokens.shift() ?? 'none',
      onState: (state, why) => {
        if (state === 'closed') closed.resolve(why);
      },
    });
    const joined = await client.join('w');
    expect(visits.map((visit) => visit.token)).toEqual(['old', 'new']);
    visits[1]?.socket.terminate();
    expect((await closed.promise)?.code).toBe('unauthorized');
    await expect(joined.update({ status: 'x' })).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(client.join('w')).rejects.toMatchObject({ code: 'client_closed' });
    expect(visits).toHaveLength(3);
  });

  it('refuses what the server would refuse, and nothing else is touched by it', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    await expect(client.join('w', { data: 1n })).rejects.toMatchObject({ code: 'invalid_message' });
    const joined = await client.join('w', { status: 'here' });
    await expect(joined.update({ status: 'x'.repeat(65) })).rejects.toMatchObject({
      code: 'invalid_message',
    });
    const answered = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type === 'update')
        visit.say({ type: 'ack', id: message.id ?? '', wedding: 'w', epoch: 'e', seq: 2 });
      else answered(visit, message, number);
    };
    await joined.update({ data: 5 });
    const updates = visits[0]?.asked.filter(({ type }) => type === 'update');
    expect(updates).toMatchObject([{ status: 'here', data: 5 }]);
    await client.close();
  });

  it('gives a connection up that gets no welcome, and makes the next one', async () => {
    onVisit = (visit, number) => {
      if (number > 1) visit.say(welcome(`c${number}`));
    };
    const reasons: string[] = [];
    const client = new PresenceClient({
      url: url(),
      token: 't',
      welcomeWithinMs: 200,
      onState: (state, why) => reasons.push(`${state} ${why?.code ?? ''}`),
    });
    await client.join('w');
    // On a busy machine the next welcome may be late as well.
    expect([...new Set(reasons)]).toEqual(['connecting disconnected', 'open ']);
    await client.close();
  });

  it('is a member after a leave and a join at once, whichever comes first', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    const first = client.join('w');
    const second = client.join('w', { status: 'second' });
    await (await first).leave();
    const joined = await second;
    await expect((await first).update({ status: 'first' })).rejects.toMatchObject({ code: 'replaced' });
    expect(visits[0]?.asked.filter(({ type }) => type === 'leave')).toEqual([]);
    const left = joined.leave();
    const third = client.join('w', { status: 'third' });
    await Promise.all([left, third]);
    expect(visits[0]?.asked.at(-1)).toMatchObject({ type: 'join', status: 'third' });
    await client.close();
  });

  it('joins again when the server does not take it for a member, instead of asking for ever', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    const joined = await client.join('w', { status: 'here' });
    let refusals = 1;
    const answered = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type !== 'update') answered(visit, message, number);
      else if (refusals-- > 0)
        visit.say({
          type: 'error',
          code: 'not_joined',
          message: '',
          fatal: false,
          id: message.id ?? '',
          wedding: 'w',
        });
      else visit.say({ type: 'ack', id: message.id ?? '', wedding: 'w', epoch: 'e', seq: 2 });
    };
    await joined.update({ status: 'still here' });
    expect(visits[0]?.asked.map(({ type }) => type)).toEqual(['join', 'update', 'join', 'update']);
    await client.close();
  });

  it('goes on as a further device when another client resumed its connection', async () => {
    const client = new PresenceClient({ url: url(), token: 't' });
    await client.join('w', { status: 'here' });
    const again = deferred<ClientMessage>();
    const answered = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type === 'join') again.resolve(message);
      answered(visit, message, number);
    };
    visits[0]?.say({ type: 'error', code: 'replaced', message: '', fatal: false, wedding: 'w' });
    expect(await again.promise).toMatchObject({ type: 'join', status: 'here' });
    expect(await again.promise).not.toHaveProperty('resume');
    await client.close();
  });

  it('ends the wedding that a planner removed it from, and keeps the connection', async () => {
    const states: string[] = [];
    const client = new PresenceClient({ url: url(), token: 't', onState: (state) => states.push(state) });
    const joined = await client.join('w');
    const answered = onMessage;
    onMessage = (visit, message, number) => {
      if (message.type !== 'update') answered(visit, message, number);
      else
        visit.say({
          type: 'error',
          code: 'not_joined',
          message: '',
          fatal: false,
          id: message.id ?? '',
          wedding: 'w',
        });
    };
    visits[0]?.say({ type: 'error', code: 'removed', message: 'until then', fatal: false, wedding: 'w' });
    await expect(joined.update({ status: 'x' })).rejects.toMatchObject({ code: 'removed' });
    expect(states).toEqual(['open']);
    await client.close();
  });

  it('hands over to a connection with a fresh token before the old one ends, and sees nothing of it', async () => {
    const states: string[] = [];
    let tokens = 0;
    onVisit = (visit, number) => {
      const expiresAt = Date.now() + (number === 1 ? 2_500 : 3_600_000);
      visit.say({ ...welcome(`c${number}`), expiresAt } as ServerMessage);
    };
    const moved = deferred<ClientMessage>();
    const answered = onMessage;
    onMessage = (visit, message, number) => {
      if (number === 2 && message.type === 'join') moved.resolve(message);
      answered(visit, message, number);
    };
    const client = new PresenceClient({
      url: url(),
      token: () => `t${++tokens}`,
      random: () => 0,
      onState: (state) => states.push(state),
    });
    await client.join('w');
    expect(await moved.promise).toMatchObject({ resume: 'c1' });
    expect(visits.map(({ token }) => token)).toEqual(['t1', 't2']);
    expect(states).not.toContain('reconnecting');
    await client.close();
  });
});
