import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyKey, weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { askHttp, eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const CEREMONY_FROM = new Date(Date.now() - 60_000).toISOString();
const CEREMONY_UNTIL = new Date(Date.now() + 3_600_000).toISOString();
const BOOK = {
  weddings: {
    booked: {
      from: CEREMONY_FROM,
      until: CEREMONY_UNTIL,
      state: 'Confirmed',
      team: { photographer: 2, catering: 1 },
    },
    over: { from: CEREMONY_FROM, until: CEREMONY_UNTIL, state: 'Done', team: { planner: 1 } },
  },
};

describe.each(['valkeyServer', 'redisServer'] as const)('the state of weddings on %s', (server) => {
  let redis: RedisClusterProcesses;
  let pods: PresenceServer[] = [];
  let dir: string;

  beforeAll(async () => {
    const tools = await ensureTools();
    redis = await startRedisCluster({ server: tools[server], primaries: 3 });
    dir = await mkdtemp(joinPath(tmpdir(), 'presence-book-'));
    const file = joinPath(dir, 'weddings.json');
    await writeFile(file, JSON.stringify(BOOK));
    const more = { PRESENCE_WEDDINGS_FILE: file, PRESENCE_MOVES_PER_SECOND: '0' };
    pods = await Promise.all([startPod(redis.nodes, more), startPod(redis.nodes, more)]);
    await Promise.all(pods.map(untilReady));
  }, START_MS);

  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.drain()));
    await redis?.close();
    await removeDirectory(dir);
  }, START_MS);

  const port = (index: number): number => pods[index]?.port ?? 0;
  const token = (user: string, weddings: readonly string[], role: 'planner' | 'other' = 'other') =>
    signToken({ user, weddings, role });
  const call = (path: string, bearer: string, init: RequestInit = {}) =>
    askHttp(`http://127.0.0.1:${port(1)}${path}`, bearer, init);
  const metric = async (index: number, name: string) =>
    (await pods[index]?.metrics.registry.getSingleMetricAsString(name)) ?? '';

  it('sends a canary through every primary, which nobody can join or see', async () => {
    const text = await eventually(
      () => metric(0, 'presence_canary_singing'),
      (seen) => [...seen.matchAll(/^presence_canary_singing\{.*\} 1$/gm)].length === 3,
    );
    expect(text).not.toMatch(/\} 0$/m);
    await eventually(
      () => metric(0, 'presence_canary_seconds'),
      (seen) => /_count [1-9]/.test(seen),
    );
    const refused = new RawClient(port(0), await token('ann', ['~canary.presence.0']));
    expect(await refused.closed()).toBe(4401);
    expect(await metric(0, 'presence_weddings')).toMatch(/^presence_weddings \d+$/m);
  });

  it('answers a client that comes back with what it missed, on any server that follows the wedding', async () => {
    const wedding = 'delta';
    const ann = await RawClient.join(port(0), await token('ann', [wedding]), wedding);
    const eve = await RawClient.join(port(1), await token('eve', [wedding]), wedding);
    const bob = await RawClient.join(port(0), await token('bob', [wedding]), wedding);
    await ann.next('diff', (diff) => diff.changes.some((c) => c.op === 'set' && c.member.user === 'bob'));
    const held = ann.all('diff').at(-1);
    const { connection } = await ann.next('welcome');
    await ann.close();
    const { seq } = await bob.insist(
      { type: 'update', id: 'u', wedding, status: 'changed meanwhile' },
      'ack',
    );
    await eve.next('diff', (diff) => diff.seq >= seq);
    const again = await RawClient.open(port(1), await token('ann', [wedding]));
    const since = { epoch: held?.epoch, seq: held?.seq };
    const delta = await again.insist({ type: 'join', id: 'j', wedding, resume: connection, since }, 'diff');
    expect(delta.prev).toBe(held?.seq);
    expect(delta.changes).toContainEqual({
      op: 'set',
      member: expect.objectContaining({ user: 'bob', status: 'changed meanwhile' }),
    });
    expect(again.all('snapshot')).toEqual([]);
    await again.insist({ type: 'join', id: 'k', wedding, since: { epoch: 'another', seq: 1 } }, 'snapshot');
    await Promise.all([again, bob, eve].map((client) => client.close()));
  });

  it('takes 50 who join together with 300 messages and 150 kB or less', async () => {
    const wedding = 'storm-0123456789';
    const people = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const bearer = await token(`${wedding}-${index}`, [wedding]);
        const client = new LeanClient(port(index % 2), bearer);
        await eventually(
          () => client.frames,
          (frames) => frames === 1,
        );
        client.reset();
        return client;
      }),
    );
    for (const client of people) client.send({ type: 'join', id: 'j', wedding });
    await eventually(
      () => people.map((client) => client.users.size),
      (sizes) => sizes.every((size) => size === 50),
    );
    const messages = people.reduce((sum, client) => sum + client.frames, 0);
    const bytes = people.reduce((sum, client) => sum + client.bytes, 0);
    expect(messages).toBeLessThanOrEqual(300);
    expect(bytes).toBeLessThanOrEqual(150_000);
    for (const client of people) client.close();
  });

  it('keeps the history for two days after its last line', async () => {
    const wedding = 'remembered';
    const ann = await RawClient.join(port(0), await token('ann', [wedding]), wedding);
    await ann.next('snapshot');
    const ages = await Promise.all(
      redis.primaries.map(async (primary) => {
        const admin = new Redis({ host: primary.host, port: primary.port });
        const left = await admin.pttl(historyKey(wedding)).catch(() => -2);
        admin.disconnect();
        return left;
      }),
    );
    const twoDays = 48 * 3_600_000;
    expect(Math.max(...ages)).toBeLessThanOrEqual(twoDays);
    expect(Math.max(...ages)).toBeGreaterThan(twoDays - 60_000);
    await ann.close();
  });

  it('cuts the history at about 1,024 lines, the oldest first', async () => {
    const wedding = 'long';
    const users = Array.from({ length: 24 }, (_, index) => `u${index}`);
    // As many messages as a connection may send at once, less a margin; two lines of history a round.
    const rounds = 28;
    const clients = await Promise.all(
      users.map(async (user) => RawClient.open(port(0), await token(user, [wedding]))),
    );
    const startedAt = Date.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let round = 0; round < rounds; round++) {
          await client.insist({ type: 'join', id: `j${round}`, wedding }, 'snapshot');
          await client.leave(wedding);
        }
      }),
    );
    const written = 2 * users.length * rounds;
    // Redis cuts whole nodes of a stream, of 100 lines at most (stream-node-max-entries).
    const node = 100;
    expect(written).toBeGreaterThan(1_024 + node);
    const bearer = await token('u0', [wedding]);
    const { body } = await call(`/v1/weddings/${wedding}/history`, bearer);
    const events = body.events as { at: number; user: string; event: string }[];
    // Of somebody whose oldest line is the one of going, nothing is told.
    expect(events.length).toBeGreaterThanOrEqual(1_024 - users.length);
    expect(events.length).toBeLessThanOrEqual(1_024 + node);
    expect(events.at(-1)?.event).toBe('left');
    expect(body.since).toBeGreaterThan(startedAt);
    expect(body.since).toBeLessThanOrEqual(events[0]?.at ?? 0);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('begins a new epoch when the primary is another run, although no number was lost', async () => {
    const wedding = 'fenced';
    const ann = await RawClient.join(port(0), await token('ann', [wedding]), wedding);
    const before = await ann.next('snapshot');
    for (const primary of redis.primaries) {
      const admin = new Redis({ host: primary.host, port: primary.port });
      const meta = weddingKeys(wedding)[3] ?? '';
      await admin.call('HSET', meta, 'r', 'the run of another primary').catch(() => 'not of this shard');
      admin.disconnect();
    }
    const after = await ann.next('snapshot', (snapshot) => snapshot.epoch !== before.epoch);
    expect(after.seq).toBeGreaterThan(before.seq);
    expect(after.members).toMatchObject([{ user: 'ann', state: 'present' }]);
    await ann.close();
  });

  it('knows who is missing, takes nobody into a wedding that is over, and has the room of a booked one ready', async () => {
    const bearer = await token('cat', ['booked', 'over']);
    const client = await RawClient.open(port(0), bearer);
    client.send({ type: 'join', id: '1', wedding: 'over' });
    expect(await client.next('error')).toMatchObject({ code: 'wedding_closed', fatal: false, id: '1' });
    const hits = async () =>
      Number(
        /"snapshot",phase="cold",result="hit"\} (\d+)/.exec(
          await metric(1, 'presence_cache_requests_total'),
        )?.[1] ?? 0,
      );
    // Only a server that follows the wedding answers without Redis, and nobody has joined it.
    await eventually(
      async () => {
        const before = await hits();
        await call('/v1/weddings/booked/presence', bearer);
        return (await hits()) - before;
      },
      (more) => more === 1,
    );
    expect((await client.insist({ type: 'join', id: '2', wedding: 'booked' }, 'snapshot')).team).toEqual({
      photographer: 2,
      catering: 1,
    });
    const { body } = await call('/v1/weddings/booked/presence', bearer);
    expect(body.missing).toEqual({ photographer: 2, catering: 1 });
    const caches = await metric(0, 'presence_cache_requests_total');
    expect(caches).toMatch(/cache="snapshot",phase="cold",result="hit"\} [1-9]/);
    expect(caches).toMatch(/cache="wedding",phase="cold",result="hit"\} [1-9]/);
    expect(caches).toMatch(/cache="authorization",phase="cold",result="miss"\} [1-9]/);
    await client.close();
  });

  it('reads many weddings in one call, each with its own error', async () => {
    const bearer = await token('ann', ['m1', 'm2']);
    const ann = await RawClient.join(port(0), bearer, 'm1');
    const { status, body } = await call('/v1/presence?wedding=m1&wedding=m2&wedding=foreign', bearer);
    expect(status).toBe(200);
    expect(body.weddings).toMatchObject([
      { wedding: 'm1', members: [{ user: 'ann' }] },
      { wedding: 'm2', members: [] },
      { wedding: 'foreign', code: 'unknown_wedding' },
    ]);
    expect((await call('/v1/presence', bearer)).status).toBe(400);
    await ann.close();
  });

  it('lets a planner set the presence of the team, which their servers keep', async () => {
    const wedding = 'bulk';
    const ann = await RawClient.join(port(0), await token('ann', [wedding]), wedding, { status: 'own' });
    const bob = await RawClient.join(port(1), await token('bob', [wedding]), wedding, { data: { table: 1 } });
    const planner = await token('pia', [wedding], 'planner');
    const updates = [
      { user: 'ann', status: 'to the church' },
      { user: 'bob', status: 'to the tent' },
      { user: 'zoe', status: 'nobody' },
    ];
    const post = (bearer: string, body: unknown) =>
      call(`/v1/weddings/${wedding}/presence`, bearer, { method: 'POST', body: JSON.stringify(body) });
    expect((await post(await token('ann', [wedding]), { updates })).status).toBe(403);
    expect((await post(planner, { updates: [] })).status).toBe(400);
    const { body } = await post(planner, { updates });
    expect(body).toMatchObject({ updated: expect.arrayContaining(['ann', 'bob']), notUpdated: ['zoe'] });
    const says = (status: string) =>
      ann.next('diff', (diff) => diff.changes.some((c) => c.op === 'set' && c.member.status === status));
    await says('to the church');
    await says('to the tent');
    // Longer than two beats: the servers of both do not put their own words back.
    await eventually(
      () => metric(1, 'presence_canary_seconds'),
      (() => {
        const until = Date.now() + 2_500;
        return () => Date.now() > until;
      })(),
    );
    const { body: after } = await call(`/v1/weddings/${wedding}/presence`, planner);
    expect(after.members).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ user: 'ann', status: 'to the church' }),
        expect.objectContaining({ user: 'bob', status: 'to the tent', data: { table: 1 } }),
      ]),
    );
    await Promise.all([ann.close(), bob.close()]);
  });

  it('remembers who was there, and why they went', async () => {
    const wedding = 'past';
    const bearer = await token('ann', [wedding]);
    const ann = await RawClient.join(port(0), bearer, wedding);
    const bob = await RawClient.join(port(1), await token('bob', [wedding]), wedding);
    const isKept = await bob.leave(wedding);
    const history = async () => {
      const { body } = await call(`/v1/weddings/${wedding}/history`, bearer);
      return body.events as { at: number; user: string; event: string; reason?: string }[];
    };
    // What was acknowledged is there at once.
    const events = await eventually(history, (seen) => isKept || seen.length === 3);
    expect(events.map(({ user, event, reason }) => [user, event, reason])).toEqual([
      ['ann', 'joined', undefined],
      ['bob', 'joined', undefined],
      ['bob', 'left', 'left'],
    ]);
    const at = new Date(events[1]?.at ?? 0).toISOString();
    const past = await call(`/v1/weddings/${wedding}/history?at=${at}`, bearer);
    expect((past.body.members as { user: string }[]).map(({ user }) => user)).toEqual(['ann', 'bob']);
    expect((await call(`/v1/weddings/${wedding}/history?at=yesterday`, bearer)).status).toBe(400);
    await Promise.all([ann.close(), bob.close()]);
  });
});

/** Asks for lean members and counts what they cost. */
class LeanClient {
  frames = 0;
  bytes = 0;
  readonly users = new Set<string>();
  readonly #socket: WebSocket;

  constructor(at: number, bearer: string) {
    this.#socket = new WebSocket(
      `ws://127.0.0.1:${at}/v1/presence?members=lean&access_token=${encodeURIComponent(bearer)}`,
    );
    this.#socket.addEventListener('message', (event) => {
      const text = String(event.data);
      this.frames++;
      this.bytes += text.length;
      const message = JSON.parse(text) as { members?: [string][]; changes?: [string][] };
      for (const [user] of [...(message.members ?? []), ...(message.changes ?? [])]) this.users.add(user);
    });
  }

  reset(): void {
    this.frames = 0;
    this.bytes = 0;
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
  }
}
