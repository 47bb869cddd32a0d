import type { IncomingMessage } from 'node:http';
import { type Duplex, PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { metricsAtRest, quietScheduler } from '../../../test/support/presence-parts.ts';
import type { ServerMessage } from '../../api/protocol/messages.ts';
import { createLogger, silentLogger } from '../../platform/telemetry/log.ts';
import { TokenRefused, type VerifyToken } from '../auth/identity.ts';
import { Revocations } from '../auth/revocations.ts';
import { AddressLimit } from '../limits/address-limit.ts';
import { RateLimits } from '../limits/rate-limit.ts';
import { AddressRefusals } from './address-refusals.ts';
import type { EngineSocket, SocketHandlers } from './engine.ts';
import { Gateway, type GatewayDeps } from './gateway.ts';

const identity = { user: 'ann', role: 'planner', weddings: ['ada'], expiresAt: 4_000_000_000_000 } as const;

/** A socket that keeps what it is told. */
class FakeSocket implements EngineSocket {
  readonly bufferedBytes = 0;
  readonly sent: ServerMessage[] = [];
  handlers: SocketHandlers | undefined;
  closedWith: number | undefined;
  reading = true;

  send(text: string): boolean {
    return this.sent.push(JSON.parse(text) as ServerMessage) > 0;
  }
  sendShared = ({ text }: { readonly text: string }) => this.send(text);
  close(code: number): void {
    this.closedWith = code;
  }
  terminate = () => {};
  pause(): void {
    this.reading = false;
  }
  resume(): void {
    this.reading = true;
  }
}

/** A gateway whose sockets are all open at once; `visit` is a client, or the HTTP answer that one got instead. */
function setUp(
  verify: VerifyToken,
  most = 10,
  addressOf: GatewayDeps['addressOf'] = () => undefined,
  mostPerAddress?: number,
) {
  const clock = new ManualClock();
  const metrics = metricsAtRest();
  const admitted: Duplex[] = [];
  let logged = '';
  const destination = new Writable({
    write: (chunk, _, done) => {
      logged += String(chunk);
      done();
    },
  });
  let opened: FakeSocket | undefined;
  const gateway = new Gateway({
    clock,
    metrics,
    verify,
    random: () => 0.5,
    log: createLogger({ name: 'test', level: 'debug', destination }),
    maxConnections: most,
    scheduler: quietScheduler(clock),
    limits: new RateLimits({ rate: { perSecond: 10, burst: 20 }, maxConnectionsPerUser: 3 }),
    addressOf,
    addressRefusals: new AddressRefusals({ metrics, log: silentLogger(), clock }),
    addresses: new AddressLimit(mostPerAddress),
    pending: { admit: (socket) => void admitted.push(socket) },
    engine: {
      accept: (_, __, ___, open) => {
        opened = new FakeSocket();
        opened.handlers = open(opened);
      },
      close: () => {},
    },
    allowedOrigins: ['https://crew.example'],
    heartbeatMs: 10_000,
    graceMs: () => 1_000,
    isClosed: () => false,
    revocations: new Revocations(() => 0),
    rooms: {} as GatewayDeps['rooms'],
  });
  const visit = (headers: IncomingMessage['headers'] = {}, url = '/v1/presence') => {
    opened = undefined;
    const tcp = new PassThrough();
    gateway.upgrade({ url, headers, socket: {} } as IncomingMessage, tcp, Buffer.alloc(0));
    let answer = '';
    tcp.on('data', (chunk) => {
      answer += String(chunk);
    });
    return { socket: opened as FakeSocket | undefined, tcp, http: () => answer };
  };
  /** The last WebSocket that was opened since the last visit. */
  const seen = () => opened as FakeSocket | undefined;
  return { gateway, visit, seen, admitted, logged: () => logged };
}

/** The address that a request is said to come from. */
const FROM: GatewayDeps['addressOf'] = ({ headers }) => {
  const { from } = headers;
  return from === undefined ? { kind: 'malformed', message: 'nowhere' } : { kind: 'address', address: from };
};

describe('addresses of clients', () => {
  it('bound the connections of each, until one of them ends', async () => {
    let user = 0;
    const { visit, seen } = setUp(async () => ({ ...identity, user: `u${user++}` }), 10, FROM, 2);
    const answerTo = async (from: string) => {
      visit({ from });
      await settle();
      const socket = seen();
      const [first] = socket?.sent ?? [];
      return { socket, answer: first?.type === 'error' ? first.code : first?.type };
    };
    const { socket: first } = await answerTo('203.0.113.7');
    await answerTo('203.0.113.7');
    expect((await answerTo('203.0.113.7')).answer).toBe('too_many_connections');
    expect((await answerTo('203.0.113.8')).answer).toBe('welcome');
    // Of IPv6 the network counts.
    for (const from of ['2001:db8::1', '2001:db8::2']) expect((await answerTo(from)).answer).toBe('welcome');
    expect((await answerTo('2001:db8::3')).answer).toBe('too_many_connections');
    first?.handlers?.onEnd('closed');
    await settle();
    expect((await answerTo('203.0.113.7')).answer).toBe('welcome');
  });

  it('are in the log, of connections and of refusals', async () => {
    const { visit, seen, logged } = setUp(async () => identity, 1, FROM);
    visit({ from: '203.0.113.7' });
    await settle();
    visit({ from: '203.0.113.8' });
    await settle();
    expect(seen()?.sent).toMatchObject([{ code: 'over_capacity' }]);
    expect(logged()).toMatch(/"address":"203\.0\.113\.7","msg":"connected"/);
    expect(logged()).toMatch(/"address":"203\.0\.113\.8","code":"over_capacity"/);
  });

  it('that a proxy cannot say are refused by HTTP, before the token is looked at', async () => {
    const { visit, admitted } = setUp(async () => identity, 10, FROM);
    const { socket, http } = visit();
    await settle();
    expect([socket, admitted.length]).toEqual([undefined, 0]);
    expect(http()).toMatch(
      /^HTTP\/1\.1 400 Bad Request[\s\S]*\{"code":"invalid_request","message":"nowhere"\}$/,
    );
  });

  it('share the frames of refused clients: one cannot take those of the others', async () => {
    const { visit, seen } = setUp(() => Promise.reject(new TokenRefused('unauthorized', 'no')), 10, FROM);
    const answerTo = async (from: string) => {
      visit({ from });
      await settle();
      const socket = seen();
      socket?.handlers?.onEnd('closed');
      return socket === undefined ? 'status' : 'frame';
    };
    const all: string[] = [];
    for (let times = 0; times < 20; times++) all.push(await answerTo('203.0.113.7'));
    expect(all.filter((answer) => answer === 'frame')).toHaveLength(16);
    expect(await answerTo('203.0.113.8')).toBe('frame');
  });
});

describe('Gateway', () => {
  it('takes nobody once it drains, and says when to come to another server', async () => {
    const { gateway, visit } = setUp(async () => identity);
    gateway.stopAccepting();
    const { socket } = visit();
    expect(socket?.sent).toMatchObject([
      { type: 'error', code: 'draining', fatal: true, retryAfterMs: 1_500 },
    ]);
    expect([socket?.closedWith, gateway.connections]).toEqual([4503, 0]);
  });

  it('opens no WebSocket and counts nothing before the token is checked', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof identity>();
    const { gateway, visit, seen, admitted } = setUp(() => promise);
    visit();
    await settle();
    expect([seen(), gateway.connections, admitted.length]).toEqual([undefined, 0, 0]);
    resolve(identity);
    await settle();
    expect(seen()?.sent).toMatchObject([{ type: 'welcome', user: 'ann' }]);
    expect([gateway.connections, admitted.length]).toEqual([1, 1]);
  });

  it('refuses a client whose token was still being checked when the drain began', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof identity>();
    const { gateway, visit, seen } = setUp(() => promise);
    visit();
    gateway.stopAccepting();
    resolve(identity);
    await settle();
    expect(seen()?.sent).toMatchObject([{ type: 'error', code: 'draining', fatal: true }]);
    expect([seen()?.closedWith, gateway.live()]).toEqual([4503, []]);
    await gateway.settled();
  });

  it('says that it is its own fault when the token cannot be checked, and when to try again', async () => {
    const causes = [new TokenRefused('internal', 'the keys cannot be had'), new Error('a defect')];
    for (const cause of causes) {
      const { visit, seen } = setUp(() => Promise.reject(cause));
      visit();
      await settle();
      const socket = seen();
      expect(socket?.sent).toMatchObject([
        { type: 'error', code: 'internal', fatal: true, retryAfterMs: 1_500 },
      ]);
      expect(socket?.closedWith).toBe(1011);
    }
  });

  it('refuses a client with a good token beyond the cap, and lets one in when another has gone', async () => {
    const { gateway, visit, seen } = setUp(async () => identity, 1);
    visit();
    await settle();
    const first = seen();
    visit();
    await settle();
    expect(seen()?.sent).toMatchObject([{ code: 'over_capacity', retryAfterMs: 1_500 }]);
    first?.handlers?.onEnd('lost');
    expect(gateway.connections).toBe(0);
    visit();
    await settle();
    expect(seen()?.sent).toMatchObject([{ type: 'welcome' }]);
  });

  it('has a limit for each person, with a code of its own', async () => {
    let user = 'ann';
    const { gateway, visit, seen } = setUp(async () => ({ ...identity, user }));
    for (let count = 0; count < 4; count++) {
      visit();
      await settle();
    }
    expect(seen()?.sent).toMatchObject([{ code: 'too_many_connections', fatal: true, retryAfterMs: 1_500 }]);
    expect([seen()?.closedWith, gateway.connections]).toEqual([4409, 3]);
    user = 'bob';
    visit();
    await settle();
    expect(seen()?.sent).toMatchObject([{ type: 'welcome', user: 'bob' }]);
  });

  it('answers a crowd without a token over HTTP, and still tells a client with a token by a frame', async () => {
    const refused = async (token: string | undefined) => {
      if (token === undefined) throw new TokenRefused('unauthorized', 'there is no token');
      throw new TokenRefused('token_expired', 'the token has expired');
    };
    const { visit, seen, admitted } = setUp(refused);
    for (let count = 0; count < 64; count++) visit();
    await settle();
    expect(seen()?.sent).toMatchObject([{ code: 'unauthorized' }]);
    const late = visit();
    await settle();
    expect(late.http()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(late.http()).toContain('{"code":"unauthorized","message":"there is no token"}');
    expect(late.tcp.destroyed).toBe(true);
    visit({ authorization: 'Bearer old' });
    await settle();
    expect(seen()?.sent).toMatchObject([{ code: 'token_expired', fatal: true }]);
    expect(admitted).toEqual([]);
  });

  it('answers a crowd that it must refuse over HTTP, and a path that does not exist', async () => {
    const { gateway, visit } = setUp(async () => identity);
    gateway.stopAccepting();
    for (let count = 0; count < 64; count++) expect(visit().socket).toBeDefined();
    const late = visit();
    const elsewhere = visit({}, '/v2/presence');
    const { visit: visitOther } = setUp(async () => identity);
    const evil = { origin: 'https://evil.example' };
    for (let count = 0; count < 64; count++) expect(visitOther(evil).socket?.closedWith).toBe(4403);
    const lateEvil = visitOther(evil);
    await settle();
    expect(late.socket).toBeUndefined();
    expect(late.http()).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 2\r\n/s);
    expect(late.http()).toContain('{"code":"draining",');
    expect(elsewhere.http()).toMatch(/^HTTP\/1\.1 404 /);
    expect(lateEvil.http()).toMatch(/^HTTP\/1\.1 403 .*\{"code":"origin_refused","message":"[^"]+"\}$/s);
  });
});
