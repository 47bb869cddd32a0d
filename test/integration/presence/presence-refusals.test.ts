import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ErrorCode, errorCodeRule } from '../../../src/api/protocol/codes.ts';
import { MAX_FRAME_BYTES } from '../../../src/api/protocol/limits.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, type TokenClaims, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const CAP = 3;

describe('what a presence server refuses', () => {
  let redis: RedisClusterProcesses;
  let pod: PresenceServer;
  /** With a cap that the connections of other tests must not fill. */
  let small: PresenceServer;

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    const more = {
      PRESENCE_ALLOWED_ORIGINS: 'https://crew.example',
      // All of these tests are one person.
      PRESENCE_MAX_CONNECTIONS_PER_PERSON: '1000',
      PRESENCE_MOVES_PER_SECOND: '0',
    };
    pod = await startPod(redis.nodes, more);
    small = await startPod(redis.nodes, { ...more, PRESENCE_MAX_CONNECTIONS: String(CAP) });
    await Promise.all([pod, small].map(untilReady));
  }, START_MS);

  afterAll(async () => {
    await Promise.all([pod, small].map((each) => each?.drain()));
    await redis?.close();
  }, START_MS);

  /** The error frame and the close code that a client gets; the server must go on serving others. */
  async function refusal(client: RawClient): Promise<{ code: ErrorCode; close: number }> {
    const error = await client.next('error');
    const close = await client.closed();
    expect(errorCodeRule(error.code).close).toBe(close);
    expect(error.fatal).toBe(true);
    const other = await RawClient.join(pod.port, await signToken({ weddings: ['still-here'] }), 'still-here');
    await other.close();
    return { code: error.code, close };
  }

  it.each<[string, () => Promise<string | undefined>, ErrorCode, number]>([
    ['no token', async () => undefined, 'unauthorized', 4401],
    ['a token that is no JWT', async () => 'nonsense', 'unauthorized', 4401],
    ['a token of another secret', () => signToken({ secret: 'x'.repeat(40) }), 'unauthorized', 4401],
    ['an expired token', () => signToken({ expiresIn: -60 }), 'token_expired', 4401],
    ['a token with an unknown role', () => signToken({ role: 'guest' as 'other' }), 'unauthorized', 4401],
    [
      'a token with a wedding of an impossible name',
      () => signToken({ weddings: ['a}b'] }),
      'unauthorized',
      4401,
    ],
  ])('%s', async (_, token, code, close) => {
    expect(await refusal(new RawClient(pod.port, await token()))).toEqual({ code, close });
  });

  it('an algorithm that needs no key', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'ann', role: 'planner', weddings: ['ada'], exp: 4_000_000_000 };
    const token = `${part({ alg: 'none' })}.${part(claims)}.`;
    expect(await refusal(new RawClient(pod.port, token))).toEqual({ code: 'unauthorized', close: 4401 });
  });

  it.each([
    ['no JSON', 'hello', 'malformed_frame', 4400],
    ['a JSON value that is no object', '[1]', 'malformed_frame', 4400],
    [
      'JSON that opens as deep as a frame can hold, and never closes',
      `{"type":"join","wedding":"ada","data":${'['.repeat(8_000)}`,
      'malformed_frame',
      4400,
    ],
    ['a wedding that the token does not name', '{"type":"join","wedding":"grace"}', 'unknown_wedding', 4404],
    ['an update of such a wedding', '{"type":"update","wedding":"grace"}', 'unknown_wedding', 4404],
    ['a frame that is too large', `"${'x'.repeat(MAX_FRAME_BYTES)}"`, 'frame_too_large', 1009],
  ] as const)('a frame with %s', async (_, frame, code, close) => {
    const client = await RawClient.open(pod.port, await signToken());
    client.send(frame);
    expect(await refusal(client)).toEqual({ code, close });
  });

  it.each([
    ['an unknown type', '{"type":"dance","id":"1"}', 'unknown_message'],
    ['a type that every object has', '{"type":"constructor","id":"1"}', 'unknown_message'],
    ['no type', '{"id":"1"}', 'invalid_message'],
    ['a missing field', '{"type":"join","id":"1"}', 'invalid_message'],
    ['an unknown field', '{"type":"join","id":"1","wedding":"ada","colour":"red"}', 'invalid_message'],
    [
      'a status that is too long',
      `{"type":"join","id":"1","wedding":"ada","status":"${'x'.repeat(65)}"}`,
      'invalid_message',
    ],
    [
      'data that are too large',
      `{"type":"join","id":"1","wedding":"ada","data":"${'x'.repeat(2_100)}"}`,
      'invalid_message',
    ],
    [
      'data nested as deep as a frame can hold',
      `{"type":"join","id":"1","wedding":"ada","data":${'[{"1":'.repeat(1_800)}1${'}]'.repeat(1_800)}}`,
      'invalid_message',
    ],
  ] as const)('a message with %s, but it keeps the connection', async (_, frame, code) => {
    const client = await RawClient.open(pod.port, await signToken());
    client.send(frame);
    expect(await client.next('error')).toMatchObject({ code, fatal: false, id: '1' });
    expect(errorCodeRule(code).close).toBeUndefined();
    client.send({ type: 'ping', id: 'p1' });
    await client.next('pong');
    await client.close();
  });

  it('a binary frame', async () => {
    const client = await RawClient.open(pod.port, await signToken());
    client.socket.send(Buffer.from([1, 2, 3]));
    expect(await refusal(client)).toEqual({ code: 'malformed_frame', close: 4400 });
  });

  it('bytes that are no WebSocket frame', async () => {
    const client = await RawClient.open(pod.port, await signToken());
    const { _socket: tcp } = client.socket as unknown as { _socket: { write(bytes: Buffer): void } };
    tcp.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await client.closed();
    const other = await RawClient.open(pod.port, await signToken());
    await other.close();
  });

  it.each([
    ['with more than 32 KiB of headers', 'GET', `13\r\nX-Much: ${'x'.repeat(33_000)}`, 431],
    ['of a version that nobody speaks', 'GET', '7', 400],
    ['by POST', 'POST', '13', 405],
  ] as const)('a handshake %s', async (_, method, version, status) => {
    const tcp = connect(pod.port, '127.0.0.1');
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version';
    const upgrade = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket';
    tcp.write(`${method} /v1/presence HTTP/1.1\r\n${upgrade}\r\n${key}: ${version}\r\n\r\n`);
    const [answer] = (await once(tcp, 'data')) as [Buffer];
    expect(answer.toString()).toContain(`HTTP/1.1 ${status} `);
    tcp.destroy();
  });

  it('an update without a join, but it keeps the connection', async () => {
    const client = await RawClient.open(pod.port, await signToken());
    client.send({ type: 'update', id: 'u1', wedding: 'ada', status: 'x' });
    expect(await client.next('error')).toMatchObject({
      code: 'not_joined',
      fatal: false,
      id: 'u1',
      wedding: 'ada',
    });
    client.send({ type: 'ping', id: 'p1' });
    expect(await client.next('pong')).toEqual({ type: 'pong', id: 'p1' });
    await client.close();
  });

  it('a connection whose token expires', async () => {
    const weddings = ['expiring'];
    const eve = await RawClient.join(pod.port, await signToken({ user: 'eve', weddings }), 'expiring');
    // It ends with the tolerance for clocks that differ, 5 s later. Long enough to join before.
    const client = await RawClient.join(pod.port, await signToken({ expiresIn: 3, weddings }), 'expiring');
    const error = await client.next('error', ({ fatal }) => fatal);
    expect(error).toMatchObject({ code: 'token_expired', fatal: true });
    expect(await client.closed()).toBe(4401);
    const { changes } = await eve.next('diff', (diff) =>
      diff.changes.some((change) => change.op === 'set' && change.member.state === 'reconnecting'),
    );
    expect(changes).toMatchObject([
      { op: 'set', member: { user: 'ann', state: 'reconnecting', reason: 'expired' } },
    ]);
    await eve.close();
  });

  it('no token that was accepted a moment ago: one tolerance of clocks for its check and for its end', async () => {
    // Expired when it comes, and as long before the end of the tolerance as can be.
    const client = await RawClient.open(pod.port, await signToken({ expiresIn: 0 }));
    const again = await RawClient.open(pod.port, await signToken({ expiresIn: 0 }));
    const [first, second] = await Promise.all([client.next('error'), again.next('error')]);
    expect([first.code, second.code]).toEqual(['token_expired', 'token_expired']);
    expect([client, again].map(({ received }) => received[0]?.type)).toEqual(['welcome', 'welcome']);
  });

  it('a token that lives longer than it may, is of another issuer, or for another audience', async () => {
    const strict = await startPod(redis.nodes, {
      PRESENCE_JWT_ISSUER: 'https://id.example',
      PRESENCE_JWT_AUDIENCES: 'crew,presence',
      PRESENCE_MAX_TOKEN_LIFETIME_SECONDS: '3600',
    });
    const good = { issuer: 'https://id.example', audience: 'presence' };
    const codeOf = async (claims: TokenClaims) => {
      const client = new RawClient(strict.port, await signToken(claims));
      await eventually(
        () => client.received.length,
        (count) => count > 0,
      );
      await client.close();
      const [first] = client.received;
      return first?.type === 'error' ? first.code : first?.type;
    };
    expect(await codeOf(good)).toBe('welcome');
    expect(await codeOf({ ...good, issuer: 'https://other.example' })).toBe('unauthorized');
    expect(await codeOf({ ...good, audience: 'billing' })).toBe('unauthorized');
    expect(await codeOf({ ...good, expiresIn: 7_200 })).toBe('unauthorized');
    await strict.drain();
  });

  it('a page of another origin', async () => {
    const token = await signToken();
    const wrong = new RawClient(pod.port, token, { origin: 'https://evil.example' });
    expect(await refusal(wrong)).toEqual({ code: 'origin_refused', close: 4403 });
    const right = new RawClient(pod.port, token, { origin: 'https://crew.example' });
    await right.next('welcome');
    await right.close();
  });

  it('requests over HTTP that are too large or make no sense', async () => {
    const token = await signToken({ role: 'planner', weddings: ['ada'] });
    const call = async (path: string, body?: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const more = body === undefined ? {} : { method: 'POST', body };
      const response = await fetch(`http://127.0.0.1:${pod.port}${path}`, { headers, ...more });
      const { code } = (await response.json()) as { code: string };
      return [response.status, code];
    };
    const presence = '/v1/weddings/ada/presence';
    expect(await call('/v1/presence')).toEqual([400, 'invalid_request']);
    const names = Array.from({ length: 101 }, (_, index) => `wedding=w${index}`).join('&');
    expect(await call(`/v1/presence?${names}`)).toEqual([400, 'invalid_request']);
    for (const time of ['at=yesterday', 'from=2027-06-05T14:30:00', 'until=2027-06-05T14:30:00+01:00'])
      expect(await call(`/v1/weddings/ada/history?${time}`)).toEqual([400, 'invalid_request']);
    expect(await call(presence, 'no JSON')).toEqual([400, 'invalid_request']);
    const update = { user: 'u', status: 'x' };
    const updates = Array.from({ length: 51 }, () => update);
    expect(await call(presence, JSON.stringify({ updates }))).toEqual([400, 'invalid_request']);
    expect(await call(presence, 'x'.repeat(1_000_000))).toEqual([413, 'body_too_large']);
  });

  /** Until the connections of the tests before count no more. */
  async function untilEmpty(): Promise<void> {
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${small.adminPort}/metrics`)).text(),
      (text) => text.includes('\npresence_connections 0\n'),
    );
  }

  it('more connections than the cap, with a reason and a hint, until one leaves', async () => {
    await untilEmpty();
    const token = await signToken();
    const inside = await Promise.all(Array.from({ length: CAP }, () => RawClient.open(small.port, token)));
    const outside = new RawClient(small.port, token);
    const error = await outside.next('error');
    expect(error).toMatchObject({ code: 'over_capacity', fatal: true });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(await outside.closed()).toBe(4503);
    await inside[0]?.close();
    const late = await eventually(
      async () => {
        const client = new RawClient(small.port, token);
        await eventually(
          () => client.received.length,
          (count) => count > 0,
        );
        return client;
      },
      (client) => client.received[0]?.type === 'welcome',
    );
    for (const client of [...inside, late]) await client.close();
  });

  /**
   * The answer to a client that comes when others who never answer the close frame hold all places for explanations;
   * undefined when it was given one of them, because the machine took longer than they are held.
   */
  async function crowdedOut(stubborn: Socket[], token: string): Promise<IncomingMessage | undefined> {
    const crowd = Array.from({ length: 64 }, () => {
      const tcp = connect(small.port, '127.0.0.1');
      tcp.on('error', () => {});
      tcp.write(
        `GET /v1/presence?access_token=${token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      return tcp;
    });
    stubborn.push(...crowd);
    await Promise.all(crowd.map((tcp) => once(tcp, 'data')));
    const socket = new WebSocket(`ws://127.0.0.1:${small.port}/v1/presence`, {
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('error', () => {});
    return new Promise((resolve) => {
      socket.once('unexpected-response', (_, response) => resolve(response));
      socket.once('open', () => {
        socket.terminate();
        resolve(undefined);
      });
    });
  }

  it('a crowd beyond the cap with HTTP 503, Retry-After and JSON', async () => {
    await untilEmpty();
    const token = await signToken();
    const inside = await Promise.all(Array.from({ length: CAP }, () => RawClient.open(small.port, token)));
    const stubborn: Socket[] = [];
    const response = await eventually(
      () => crowdedOut(stubborn, token),
      (refused) => refused !== undefined,
    );
    if (response === undefined) throw new Error('nobody was refused over HTTP');
    expect(response.statusCode).toBe(503);
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as object;
    expect(body).toMatchObject({ code: 'over_capacity', retryAfterMs: expect.any(Number) });
    for (const tcp of stubborn) tcp.destroy();
    for (const client of inside) await client.close();
  });

  it.each([
    ['/v1/weddings/ada/presence', undefined, 401, 'unauthorized'],
    ['/v1/weddings/grace/presence', 'good', 404, 'unknown_wedding'],
    ['/v1/weddings/%E0%A4%A/presence', 'good', 404, 'unknown_wedding'],
    ['/v2', 'good', 404, 'not_found'],
  ] as const)('GET %s with %s token', async (path, token, status, code) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${await signToken()}` };
    const response = await fetch(`http://127.0.0.1:${pod.port}${path}`, { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});
