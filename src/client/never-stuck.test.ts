import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Member } from '../api/protocol/member.ts';
import type { ClientMessage, ServerMessage } from '../api/protocol/messages.ts';
import type { PresenceClientOptions } from './client-options.ts';
import type { JoinedWedding } from './joined-wedding.ts';
import { personEvents } from './person-events.ts';
import { PresenceClient } from './presence-client.ts';

const welcome = (): ServerMessage => ({
  type: 'welcome',
  protocol: 1,
  connection: 'c',
  user: 'ann',
  role: 'other',
  weddings: ['w', 'v'],
  heartbeatMs: 60_000,
  maxFrameBytes: 16_384,
  expiresAt: 4_000_000_000_000,
});

const member = (user: string, status = ''): Member => ({
  user,
  role: 'other',
  state: 'present',
  status,
  since: 1,
  updatedAt: 1,
  devices: 1,
});

/** Browser events of this process, which has none of its own. */
class PageOfTests extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  install(): () => void {
    const page = globalThis as unknown as Record<string, unknown>;
    page.addEventListener = this.addEventListener.bind(this);
    page.document = this.document;
    return () => {
      delete page.addEventListener;
      delete page.document;
    };
  }

  say(type: string, more: object = {}): void {
    const target = type === 'visibilitychange' ? this.document : this;
    target.dispatchEvent(Object.assign(new Event(type), more));
  }
}

/**
 * The cases of docs/presence.md, "The client is never stuck": what a server, a token source, a browser or an application may do,
 * and what the client makes of it.
 */
describe('a client is never stuck', () => {
  let server: WebSocketServer;
  let asked: ClientMessage[];
  let answer: (socket: WebSocket, message: ClientMessage) => void;
  let onVisit: (socket: WebSocket) => void;
  let visits: number;
  let clients: PresenceClient[];
  let page: PageOfTests;
  let uninstall: () => void;
  let seq: number;

  const say = (socket: WebSocket, message: ServerMessage): void => socket.send(JSON.stringify(message));
  const answerWell = (socket: WebSocket, message: ClientMessage): void => {
    const id = message.id ?? '';
    if (message.type === 'ping') say(socket, { type: 'pong', id });
    else if (message.type === 'join' || message.type === 'snapshot')
      say(socket, {
        type: 'snapshot',
        id,
        wedding: message.wedding,
        epoch: 'e',
        seq: ++seq,
        members: [member('ann', (message as { status?: string }).status ?? ''), member('bob')],
      });
    else {
      say(socket, { type: 'ack', id, wedding: message.wedding, epoch: 'e', seq: ++seq });
      if (message.type === 'update')
        say(socket, {
          type: 'diff',
          wedding: message.wedding,
          epoch: 'e',
          prev: seq - 1,
          seq,
          changes: [{ op: 'set', member: member('ann', message.status ?? '') }],
        });
    }
  };

  const listen = async (): Promise<void> => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      visits++;
      socket.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString()) as ClientMessage;
        asked.push(message);
        answer(socket, message);
      });
      onVisit(socket);
    });
  };

  beforeEach(async () => {
    asked = [];
    visits = 0;
    seq = 0;
    clients = [];
    answer = answerWell;
    onVisit = (socket) => say(socket, welcome());
    page = new PageOfTests();
    uninstall = page.install();
    await listen();
  });

  afterEach(async () => {
    vi.useRealTimers();
    onVisit = (socket) => socket.terminate();
    for (const socket of server.clients) socket.terminate();
    await Promise.all(clients.map((client) => client.close()));
    await new Promise((closed) => server.close(closed));
    uninstall();
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const open = (more: Partial<PresenceClientOptions> = {}): PresenceClient => {
    const client = new PresenceClient({ url: `ws://127.0.0.1:${port()}`, token: 't', ...more });
    clients.push(client);
    return client;
  };
  /** Joined, by a client whose limit on answers may be too short for a busy machine. */
  const joined = async (client: PresenceClient, name: string): Promise<JoinedWedding> => {
    const wedding = client.wedding(name);
    await expect.poll(() => wedding.getSnapshot().state).toBe('open');
    return wedding;
  };
  const stateOf = (client: PresenceClient): string => {
    const { state, reason } = client.getSnapshot();
    return reason === undefined ? state : `${state} ${reason.code}`;
  };

  describe('silent failures', () => {
    it.each(['nonsense', 'ftp://x/v1/presence', ''])('refuses the URL "%s" at once', (url) => {
      expect(() => new PresenceClient({ url, token: 't' })).toThrow(/^url: .*write wss:\/\/HOST/);
    });

    it('refuses a missing token at once', () => {
      expect(() => new PresenceClient({ url: 'ws://127.0.0.1:1', token: '' })).toThrow('token: is missing');
    });

    it('shows why there is no token, for the client and each wedding, and goes on when there is one', async () => {
      let works = false;
      const token = (): Promise<string> =>
        works ? Promise.resolve('t') : Promise.reject(new Error('the backend is down'));
      const client = open({ token });
      const wedding = client.wedding('w');
      expect(stateOf(client)).toBe('connecting');
      await expect.poll(() => stateOf(client)).toBe('connecting token_failed');
      expect(wedding.getSnapshot()).toMatchObject({ state: 'connecting', reason: { code: 'token_failed' } });
      expect(client.getSnapshot().reason?.message).toContain('the backend is down');
      works = true;
      await wedding.joined;
      expect([stateOf(client), wedding.getSnapshot().state]).toEqual(['open', 'open']);
    });

    it('gives token() a limit, and asks again', async () => {
      let asks = 0;
      const token = (): Promise<string> => (++asks === 1 ? new Promise(() => {}) : Promise.resolve('t'));
      const client = open({ token, tokenWithinMs: 100 });
      await client.join('w');
      expect(asks).toBe(2);
    });

    it.each([undefined, '', 5])('takes %j of token() for no token', async (given) => {
      const client = open({ token: () => given as string });
      await expect.poll(() => stateOf(client)).toBe('connecting token_failed');
    });

    it('rejects a join after its limit, and tries no longer', async () => {
      onVisit = (socket) => socket.terminate();
      const client = open({ settleWithinMs: 200 });
      await expect(client.join('w')).rejects.toMatchObject({ code: 'timed_out' });
      onVisit = (socket) => say(socket, welcome());
      await joined(client, 'v');
      expect(asked.map((message) => 'wedding' in message && message.wedding)).toEqual(['v']);
    });

    it('rejects an update and a leave after their limit', async () => {
      const wedding = await joined(open({ settleWithinMs: 200 }), 'w');
      answer = () => {};
      await expect(wedding.update({ status: 'x' })).rejects.toMatchObject({ code: 'timed_out' });
      await expect(wedding.leave()).rejects.toMatchObject({ code: 'timed_out' });
      expect(wedding.getSnapshot().state).toBe('closed');
    });

    it('sends the value of an update that was too late once it can be sent', async () => {
      const wedding = await joined(open({ settleWithinMs: 200 }), 'w');
      onVisit = (socket) => socket.terminate();
      for (const socket of server.clients) socket.terminate();
      await expect(wedding.update({ status: 'kept' })).rejects.toMatchObject({ code: 'timed_out' });
      onVisit = (socket) => say(socket, welcome());
      await expect.poll(() => asked.at(-1)).toMatchObject({ status: 'kept' });
    });

    it('settles close() against a server that answers nothing', async () => {
      const client = open();
      await client.join('w');
      answer = () => {};
      await client.close();
      expect(stateOf(client)).toBe('closed client_closed');
      await expect(client.join('w')).rejects.toMatchObject({ code: 'client_closed' });
    });

    it('leaves a wedding that it never joined without a server', async () => {
      onVisit = (socket) => socket.terminate();
      const wedding = open().wedding('w');
      await wedding.leave();
      expect(wedding.getSnapshot()).toMatchObject({ state: 'closed', reason: { code: 'client_closed' } });
      await expect(wedding.joined).rejects.toMatchObject({ code: 'client_closed' });
    });

    it('gives a connection up that answers pings and no request', async () => {
      onVisit = (socket) =>
        say(socket, { ...welcome(), heartbeatMs: visits === 1 ? 50 : 60_000 } as ServerMessage);
      answer = (socket, message) => {
        if (visits > 1 || message.type === 'ping') answerWell(socket, message);
      };
      await open().join('w');
      expect(visits).toBe(2);
    });

    it('gives a connection up that sends what is no JSON', async () => {
      onVisit = (socket) => (visits === 1 ? socket.send('<html>') : say(socket, welcome()));
      await open().join('w');
      expect(visits).toBe(2);
    });

    it('goes on when handlers and listeners throw, and reports each error', async () => {
      const reported: unknown[] = [];
      const scope = globalThis as { reportError?: (error: unknown) => void };
      scope.reportError = (error) => reported.push(error);
      const fail = (): never => {
        throw new Error('of the application');
      };
      try {
        const client = open({ onState: fail });
        const wedding = client.wedding('w', {}, { onSnapshot: fail, onDiff: fail, onState: fail });
        let calls = 0;
        wedding.subscribe(fail);
        wedding.subscribe(() => calls++);
        await wedding.joined;
        await wedding.update({ status: 'here' });
        expect(wedding.members.get('ann')?.status).toBe('here');
        expect(calls).toBeGreaterThan(1);
        await client.close();
        expect(reported.length).toBeGreaterThan(4);
      } finally {
        delete scope.reportError;
      }
    });
  });

  describe('a connection that hangs', () => {
    it('is given up when a server accepts and stays silent, TCP or WebSocket', async () => {
      const sockets: Socket[] = [];
      const silent: Server = createServer((socket) => void sockets.push(socket));
      await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
      const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const client = open({ url, welcomeWithinMs: 150 });
      await expect.poll(() => sockets.length).toBeGreaterThan(1);
      expect(stateOf(client)).toBe('connecting disconnected');
      expect(client.getSnapshot().reason?.message).toContain('no welcome in 150 ms');
      await client.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => silent.close(closed));
    });
  });

  describe('one bad value', () => {
    it('that the server refuses in an update does not come back with the next reconnection', async () => {
      const client = open();
      const wedding = await client.join('w', { status: 'good' });
      answer = (socket, message) => {
        const { status } = message as { status?: string };
        if (status !== 'bad') answerWell(socket, message);
        else
          say(socket, {
            type: 'error',
            code: 'invalid_message',
            message: '',
            fatal: false,
            id: message.id ?? '',
          });
      };
      await expect(wedding.update({ status: 'bad' })).rejects.toMatchObject({ code: 'invalid_message' });
      client.interrupt();
      await expect.poll(() => asked.at(-1)).toMatchObject({ type: 'join', status: 'good' });
      client.interrupt();
      const refused = wedding.update({ status: 'bad' });
      await expect(refused).rejects.toMatchObject({ code: 'invalid_message' });
      await wedding.update({ data: 1 });
      expect(asked.at(-1)).toMatchObject({ status: 'good', data: 1 });
      expect(wedding.getSnapshot().state).toBe('open');
    });

    it('is a copy: what the application does with its object later is not sent', async () => {
      const client = open();
      const data: { gate: number; self?: unknown } = { gate: 2 };
      const wedding = await client.join('w', { data });
      data.self = data;
      client.interrupt();
      await expect.poll(() => asked.at(-1)).toMatchObject({ type: 'join', data: { gate: 2 } });
      await wedding.update({ status: 'x' });
      expect(asked.at(-1)).toMatchObject({ data: { gate: 2 } });
    });

    it('undefined in an update keeps what was there', async () => {
      const wedding = await open().join('w', { status: 'here' });
      await wedding.update({ status: undefined, data: 1 } as { data: number });
      expect(asked.at(-1)).toMatchObject({ status: 'here', data: 1 });
    });
  });

  describe('what is shown', () => {
    it('has the own value once update() has resolved, even when the diff comes long after the ack', async () => {
      const wedding = await open().join('w');
      answer = (socket, message) => {
        const at = ++seq;
        say(socket, { type: 'ack', id: message.id ?? '', wedding: 'w', epoch: 'e', seq: at });
        const changes = [
          { op: 'set', member: member('ann', (message as { status: string }).status) },
        ] as const;
        setTimeout(
          () => say(socket, { type: 'diff', wedding: 'w', epoch: 'e', prev: at - 1, seq: at, changes }),
          50,
        );
      };
      await wedding.update({ status: 'mine' });
      expect(wedding.members.get('ann')?.status).toBe('mine');
    });

    it('resolves an update whose diff never comes', async () => {
      const wedding = await open().join('w');
      answer = (socket, { id = '' }) =>
        say(socket, { type: 'ack', id, wedding: 'w', epoch: 'e', seq: seq + 5 });
      await wedding.update({ status: 'lost diff' });
    });

    it('is another snapshot after each change and the same one without, and old ones stay as they were', async () => {
      const client = open();
      const wedding = client.wedding('w');
      const { subscribe, getSnapshot } = wedding;
      const seen = [getSnapshot()];
      const end = subscribe(() => seen.push(getSnapshot()));
      await wedding.joined;
      expect(getSnapshot()).toBe(getSnapshot());
      const before = getSnapshot();
      await wedding.update({ status: 'here' });
      const after = getSnapshot();
      expect(after).not.toBe(before);
      expect(before.members.find(({ user }) => user === 'ann')?.status).toBe('');
      expect(after.members.find(({ user }) => user === 'ann')?.status).toBe('here');
      expect(after.members[1]).toBe(before.members[1]);
      expect(Object.isFrozen(after)).toBe(true);
      expect(personEvents(before.members, after.members)).toMatchObject([
        { type: 'changed', member: { status: 'here' }, before: { status: '' } },
      ]);
      end();
      const calls = seen.length;
      client.interrupt();
      await expect.poll(() => getSnapshot().state).toBe('reconnecting');
      expect(seen).toHaveLength(calls);
      expect(getSnapshot().members).toHaveLength(2);
      await expect.poll(() => getSnapshot().state).toBe('open');
    });

    it('tells of each wedding apart: one that is refused for now says why, and is joined later', async () => {
      let refusals = 1;
      answer = (socket, message) => {
        if (message.type !== 'join' || message.wedding !== 'v' || refusals-- <= 0)
          answerWell(socket, message);
        else
          say(socket, {
            type: 'error',
            code: 'wedding_full',
            message: '',
            fatal: false,
            id: message.id ?? '',
            wedding: 'v',
            retryAfterMs: 300,
          });
      };
      const states: string[] = [];
      const client = open();
      const full = client.wedding(
        'v',
        {},
        { onState: (state, reason) => states.push(`${state} ${reason?.code ?? ''}`) },
      );
      await client.join('w');
      await expect.poll(() => states.at(0)).toBe('connecting wedding_full');
      await full.joined;
      await full.leave();
      expect(states).toEqual(['connecting wedding_full', 'open ', 'closed client_closed']);
    });
  });

  describe('the browser', () => {
    it('is offline: noticed below 1 s when the network is gone, with the connection that has not noticed', async () => {
      const client = open();
      const wedding = await client.join('w');
      answer = () => {};
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      page.say('offline');
      expect(wedding.getSnapshot().state).toBe('open');
      vi.advanceTimersByTime(999);
      expect(wedding.getSnapshot().reason?.code).toBe('offline');
      expect(wedding.getSnapshot().members).toHaveLength(2);
    });

    it('says offline and the server answers: nothing changes', async () => {
      const client = open();
      await client.join('w');
      // The limit on the answer does not pass before the answer is there, however long that takes here.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      page.say('offline');
      await expect.poll(() => asked.at(-1)?.type).toBe('ping');
      await client.join('v');
      vi.advanceTimersByTime(30_000);
      expect([visits, stateOf(client)]).toEqual([1, 'open']);
    });

    it('is online again: connects within 0.1 s, however long the back-off was', async () => {
      const client = open({ random: () => 0.999 });
      const wedding = await client.join('w');
      onVisit = (socket) => socket.terminate();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      client.interrupt();
      // With this random the waits are 0.3, 0.9, 2.7 s.
      await expect
        .poll(() => {
          vi.advanceTimersByTime(100);
          return visits;
        })
        .toBe(3);
      onVisit = (socket) => say(socket, welcome());
      page.say('online');
      vi.advanceTimersByTime(100);
      await expect.poll(() => wedding.getSnapshot().state).toBe('open');
    });

    it('waits for the hint of the server in spite of that', async () => {
      const hintMs = 600;
      onVisit = (socket) => {
        if (visits > 1) say(socket, welcome());
        else {
          say(socket, {
            type: 'error',
            code: 'over_capacity',
            message: '',
            fatal: true,
            retryAfterMs: hintMs,
          });
          socket.close(4503);
        }
      };
      const client = open();
      const began = performance.now();
      await expect.poll(() => stateOf(client)).toBe('connecting over_capacity');
      page.say('online');
      await client.join('w');
      expect(performance.now() - began).toBeGreaterThanOrEqual(hintMs);
    });

    it.each([
      ['visibilitychange', {}],
      ['pageshow', { persisted: true }],
      ['online', {}],
    ])('comes back (%s): a connection that died meanwhile is noticed, and replaced', async (type, more) => {
      const client = open();
      const wedding = await client.join('w');
      answer = (socket, message) => {
        if (visits > 1) answerWell(socket, message);
      };
      page.say(type, more);
      await expect.poll(() => visits).toBe(2);
      await expect.poll(() => wedding.getSnapshot().state).toBe('open');
    });

    it('loads a page, or hides it: nothing happens', async () => {
      const client = open();
      await client.join('w');
      page.document.visibilityState = 'hidden';
      page.say('visibilitychange');
      page.say('pageshow', { persisted: false });
      page.say('pagehide');
      await client.join('v');
      expect(asked.map(({ type }) => type)).toEqual(['join', 'join']);
    });

    it('leaves the page: with leaveOnPageHide the person leaves at once, and comes back with the page', async () => {
      const client = open({ leaveOnPageHide: true });
      const wedding = await client.join('w');
      page.say('pagehide');
      await expect.poll(() => asked.map(({ type }) => type)).toEqual(['join', 'leave']);
      page.say('pageshow', { persisted: true });
      await expect.poll(() => asked.map(({ type }) => type)).toEqual(['join', 'leave', 'join']);
      await expect.poll(() => wedding.getSnapshot().state).toBe('open');
    });
  });
});
