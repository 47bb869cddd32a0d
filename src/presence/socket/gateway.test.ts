import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { metricsAtRest, quietScheduler } from '../../../test/support/presence-parts.ts';
import type { ServerMessage } from '../../api/protocol/messages.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { TokenRefused, type VerifyToken } from '../auth/identity.ts';
import { RateLimits } from '../limits/rate-limit.ts';
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
function setUp(verify: VerifyToken, most = 10) {
  const clock = new ManualClock();
  const metrics = metricsAtRest();
  let opened: FakeSocket | undefined;
  const gateway = new Gateway({
    ...{ clock, metrics, verify, random: () => 0.5, log: silentLogger(), maxConnections: most },
    scheduler: quietScheduler(clock),
    limits: new RateLimits({ perSecond: 10, burst: 20 }),
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
    rooms: {} as GatewayDeps['rooms'],
  });
  const visit = (headers: IncomingMessage['headers'] = {}, url = '/v1/presence') => {
    opened = undefined;
    const tcp = new PassThrough();
    gateway.upgrade({ url, headers } as IncomingMessage, tcp, Buffer.alloc(0));
    return { socket: opened as FakeSocket | undefined, http: String(tcp.read() ?? '') };
  };
  return { gateway, visit };
}

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

  it('does not let in who was still being checked when the drain began: nobody would tell it to go', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof identity>();
    const { gateway, visit } = setUp(() => promise);
    const { socket } = visit();
    gateway.stopAccepting();
    resolve(identity);
    await settle();
    expect(socket?.sent).toMatchObject([{ type: 'error', code: 'draining', fatal: true }]);
    expect([socket?.closedWith, socket?.reading, gateway.live()]).toEqual([4503, true, []]);
    socket?.handlers?.onEnd('closed');
    expect(gateway.connections).toBe(0);
    await gateway.settled();
  });

  it('says that it is its own fault when the token cannot be checked, and when to try again', async () => {
    const causes = [new TokenRefused('internal', 'the keys cannot be had'), new Error('a defect')];
    for (const cause of causes) {
      const { visit } = setUp(() => Promise.reject(cause));
      const { socket } = visit();
      await settle();
      expect(socket?.sent).toMatchObject([
        { type: 'error', code: 'internal', fatal: true, retryAfterMs: 1_500 },
      ]);
      expect(socket?.closedWith).toBe(1011);
    }
  });

  it('counts who is being checked, and forgets who goes meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof identity>();
    const { gateway, visit } = setUp(() => promise, 1);
    const { socket } = visit();
    expect(visit().socket?.sent).toMatchObject([{ code: 'over_capacity' }]);
    socket?.handlers?.onEnd('lost');
    resolve(identity);
    await settle();
    expect([gateway.connections, gateway.live(), socket?.sent]).toEqual([0, [], []]);
  });

  it('answers a crowd that it must refuse over HTTP, and a path that does not exist', () => {
    const { gateway, visit } = setUp(async () => identity);
    gateway.stopAccepting();
    for (let count = 0; count < 64; count++) expect(visit().socket).toBeDefined();
    const late = visit();
    expect(late.socket).toBeUndefined();
    expect(late.http).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 2\r\n/s);
    expect(late.http).toContain('{"code":"draining",');
    expect(visit({}, '/v2/presence').http).toMatch(/^HTTP\/1\.1 404 /);
    const { visit: visitOther } = setUp(async () => identity);
    const evil = { origin: 'https://evil.example' };
    for (let count = 0; count < 64; count++) expect(visitOther(evil).socket?.closedWith).toBe(4403);
    expect(visitOther(evil).http).toMatch(
      /^HTTP\/1\.1 403 .*\{"code":"origin_refused","message":"[^"]+"\}$/s,
    );
  });
});
