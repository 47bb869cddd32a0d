import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Identity, TokenRefused } from '../auth/identity.ts';
import { StoreUnavailable, TooManyRemovals } from '../store/store.ts';
import { createRestHandler, type RestDeps } from './rest.ts';
import { MAX_BODY_BYTES } from './rest-answers.ts';

const planner: Identity = { user: 'pia', role: 'planner', weddings: ['ada'], expiresAt: 4_000_000_000_000 };
const rooms = {
  read: async () => ({ epoch: 'e', seq: 1, members: [] }),
  entries: async () => new Map(),
  patch: async () => ({ epoch: 'e', seq: 1, changed: [] }),
  history: async () => [],
  expel: async () => ({ epoch: 'e', seq: 2, ended: 1 }),
};

describe('the REST side', () => {
  let server: Server | undefined;
  let authenticated = 0;

  afterEach(async () => {
    server?.closeAllConnections();
    if (server !== undefined) await new Promise((closed) => server?.close(closed));
    server = undefined;
  });

  /** Status, code and the headers that go with it, of one request to a server that is otherwise in order. */
  async function ask(
    path: string,
    init: RequestInit = {},
    more: {
      identity?: Partial<Identity>;
      verify?: RestDeps['verify'];
      rooms?: object;
      mayAsk?: boolean;
      isRemoved?: boolean;
      allowedOrigins?: readonly string[];
    } = {},
  ) {
    const deps = {
      verify: more.verify ?? (async () => ({ ...planner, ...more.identity })),
      rooms: { ...rooms, ...more.rooms } as unknown as RestDeps['rooms'],
      random: () => 0.5,
      now: () => new Date('2027-06-05T12:00:00Z'),
      draining: () => false,
      teamOf: () => undefined,
      allowedOrigins: more.allowedOrigins ?? [],
      authenticated: () => void authenticated++,
      isRemoved: () => more.isRemoved ?? false,
      mayAsk: (user: string) => more.mayAsk ?? user === planner.user,
    };
    server = createServer(createRestHandler(deps)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);
    const text = await response.text();
    const { code, retryAfterMs } = (text === '' ? {} : JSON.parse(text)) as {
      code?: string;
      retryAfterMs?: number;
    };
    const cors = Object.fromEntries(
      [...response.headers].filter(([name]) => name.startsWith('access-control-')),
    );
    const [allow, retryAfter] = [response.headers.get('allow'), response.headers.get('retry-after')];
    return { status: response.status, code, retryAfterMs, allow, retryAfter, cors };
  }

  const presence = '/v1/weddings/ada/presence';
  const post = (body: string) => ({ method: 'POST', body });
  const update = JSON.stringify({ updates: [{ user: 'ann', status: 'x' }] });
  const fails = (error: Error) => () => Promise.reject(error);

  it.each([
    ['DELETE', presence, 'GET, POST'],
    ['POST', '/v1/weddings/ada/history', 'GET'],
    ['PUT', '/v1/presence', 'GET'],
  ])('answers %s %s with what is allowed', async (method, path, allow) => {
    expect(await ask(path, { method })).toMatchObject({ status: 405, code: 'method_not_allowed', allow });
  });

  it('answers nothing of a wedding to a person who is kept out of it, nor anything to one who is kept out of all', async () => {
    expect(await ask(presence, {}, { isRemoved: true })).toMatchObject({ status: 403, code: 'removed' });
    const revoked = fails(new TokenRefused('revoked', 'access has ended'));
    expect(await ask(presence, {}, { verify: revoked })).toMatchObject({ status: 403, code: 'revoked' });
  });

  it('lets only planners set the presence of others, in their weddings', async () => {
    expect(await ask(presence, post(update))).toMatchObject({ status: 200 });
    const other = { identity: { role: 'venue' } } as const;
    expect(await ask(presence, post(update), other)).toMatchObject({ status: 403, code: 'forbidden' });
    const foreign = await ask('/v1/weddings/grace/presence', post(update));
    expect(foreign).toMatchObject({ status: 404, code: 'unknown_wedding' });
  });

  it('lets only planners remove people, from their weddings, and not without end', async () => {
    const removals = '/v1/weddings/ada/removals';
    const removal = post('{"user":"ann"}');
    expect(await ask(removals, removal)).toMatchObject({ status: 200 });
    const other = { identity: { role: 'venue' } } as const;
    expect(await ask(removals, removal, other)).toMatchObject({ status: 403, code: 'forbidden' });
    const foreign = await ask('/v1/weddings/grace/removals', removal);
    expect(foreign).toMatchObject({ status: 404, code: 'unknown_wedding' });
    expect(await ask(removals, post('{}'))).toMatchObject({ status: 400, code: 'invalid_request' });
    const full = { rooms: { expel: fails(new TooManyRemovals('too many')) } };
    expect(await ask(removals, removal, full)).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it.each([
    ['at=2027-02-30T12:00:00Z', 400],
    ['from=2027-06-31T12:00:00%2B01:00', 400],
    ['until=2027-06-05T24:00:00Z', 400],
    ['at=2028-02-29t12:00:00.5z', 200],
    ['from=2027-06-05T23:59:59-11:00', 200],
  ])('takes only times that exist: history?%s is %d', async (query, status) => {
    expect(await ask(`/v1/weddings/ada/history?${query}`)).toMatchObject({ status });
  });

  it.each([
    ['unauthorized', 401],
    ['token_expired', 401],
    ['internal', 503],
  ] as const)('says %s of a token with %d', async (code, status) => {
    const verify = fails(new TokenRefused(code, 'no'));
    expect(await ask(presence, {}, { verify })).toMatchObject({ status, code });
  });

  it('reads a body of the largest size and no larger one', async () => {
    const padded = (bytes: number) => post(update.padEnd(bytes, ' '));
    expect(await ask(presence, padded(MAX_BODY_BYTES))).toMatchObject({ status: 200 });
    const larger = await ask(presence, padded(MAX_BODY_BYTES + 1));
    expect(larger).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('answers no more of a user who asks too fast, and says when to ask again', async () => {
    const limited = { status: 429, code: 'rate_limited', retryAfterMs: 1_500, retryAfter: '2' };
    expect(await ask(presence, {}, { mayAsk: false })).toMatchObject(limited);
  });

  it('says when to ask again while Redis is away, and of a defect that it is one', async () => {
    const away = { rooms: { read: fails(new StoreUnavailable('away')) } };
    const unavailable = { status: 503, code: 'unavailable', retryAfterMs: 1_500, retryAfter: '2' };
    expect(await ask(presence, {}, away)).toMatchObject(unavailable);
    const defect = { rooms: { read: fails(new Error('a defect')) } };
    expect(await ask(presence, {}, defect)).toMatchObject({ status: 500, code: 'internal' });
  });

  it('lets pages of allowed origins read the answers, errors too, and no others', async () => {
    const allowedOrigins = ['https://crew.example'];
    const from = (origin: string) => ({ headers: { origin } });
    const allowed = { 'access-control-allow-origin': 'https://crew.example' };
    expect(await ask(presence, from('https://crew.example'), { allowedOrigins })).toMatchObject({
      status: 200,
      cors: allowed,
    });
    const verify = fails(new TokenRefused('token_expired', 'no'));
    expect(await ask(presence, from('https://crew.example'), { allowedOrigins, verify })).toMatchObject({
      status: 401,
      cors: allowed,
    });
    const forbidden = { status: 403, code: 'origin_refused', cors: {} };
    expect(await ask(presence, from('https://evil.example'), { allowedOrigins })).toMatchObject(forbidden);
    expect(await ask(presence, {}, { allowedOrigins })).toMatchObject({ status: 200, cors: {} });
    expect(await ask(presence, from('https://any.example'))).toMatchObject({
      status: 200,
      cors: { 'access-control-allow-origin': 'https://any.example' },
    });
  });

  it('answers a preflight without a token', async () => {
    const preflight = (origin: string) => ({
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const more = {
      allowedOrigins: ['https://crew.example'],
      verify: fails(new TokenRefused('unauthorized', 'no')),
    };
    expect(await ask(presence, preflight('https://crew.example'), more)).toMatchObject({
      status: 204,
      cors: {
        'access-control-allow-origin': 'https://crew.example',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, Content-Type',
        'access-control-max-age': '600',
      },
    });
    expect(await ask(presence, preflight('https://evil.example'), more)).toMatchObject({ status: 403 });
    expect(await ask(presence, { method: 'OPTIONS' }, more)).toMatchObject({ status: 405 });
  });

  it('reports a client with a good token, and no other', async () => {
    authenticated = 0;
    await ask(presence);
    expect(authenticated).toBe(1);
    await ask(presence, {}, { verify: fails(new TokenRefused('unauthorized', 'no')) });
    expect(authenticated).toBe(1);
  });
});
