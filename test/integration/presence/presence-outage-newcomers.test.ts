import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { slotOf } from '../../support/slot-of.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, PATIENCE_MS, signToken, startPod, untilReady } from './presence-pods.ts';
import { joinAs, metric, shows, untilConverged, untilPeers, untilShown, viewOf } from './presence-views.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const FAULT_MS = 120_000;
/**
 * Redis is away for so long, so what is shown meanwhile comes from server to server (docs/presence.md: after 250 ms); the limit is
 * that of a loaded machine.
 */
const SHOWN_WITHIN_MS = 15_000;
/** docs/presence.md: 1.25 s until a server says its people again, a second more while somebody joins; and a loaded machine. */
const SAID_AGAIN_WITHIN_MS = 2_250 + 8_000;
const SLOTS = 16_384;

let redis: RedisClusterProcesses;
let here: PresenceServer;
let there: PresenceServer;

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  [here, there] = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
  await Promise.all([here, there].map(untilReady));
  await Promise.all([here, there].map((pod) => untilPeers(pod, 1)));
}, START_MS);

afterAll(async () => {
  await Promise.all([here, there].map((pod) => pod?.drain()));
  await redis?.close();
}, START_MS);

function shardOf(wedding: string): number {
  return Math.floor((slotOf(weddingKeys(wedding)[0] ?? '') * redis.primaries.length) / SLOTS);
}

/** The first name of a row whose state is, or is not, on a shard. */
function weddingOn(isWanted: (shard: number) => boolean, name: string): string {
  const names = Array.from({ length: 100 }, (_, index) => `${name}-${index}`);
  const found = names.find((one) => isWanted(shardOf(one)));
  if (found === undefined) throw new Error('no such wedding');
  return found;
}

interface RestState {
  readonly epoch: string;
  readonly seq: number;
  readonly members: readonly { readonly user: string; readonly state: string; readonly status?: string }[];
  readonly staleMs?: number;
  readonly provisional?: readonly string[];
  readonly code?: string;
  readonly retryAfterMs?: number;
}

async function read(pod: PresenceServer, wedding: string) {
  const headers = { authorization: `Bearer ${await signToken({ user: 'reader', weddings: [wedding] })}` };
  const get = (path: string) => fetch(`http://127.0.0.1:${pod.port}${path}`, { headers });
  const one = await get(`/v1/weddings/${wedding}/presence`);
  const many = await get(`/v1/presence?wedding=${wedding}`);
  const { weddings } = (await many.json()) as { readonly weddings: readonly RestState[] };
  const hint = one.headers.get('retry-after');
  return { status: one.status, hint, one: (await one.json()) as RestState, many: weddings[0] };
}

/** What a reader and a client of the same server are shown, in the same form. */
const asRead = ({ epoch, seq, members, provisional = [] }: RestState) => ({
  epoch,
  seq,
  provisional: provisional.toSorted(),
  members: members.toSorted((a, b) => a.user.localeCompare(b.user)),
});
function asShown(client: RawClient) {
  const { epoch, seq, members, provisional } = viewOf(client);
  return asRead({ epoch, seq, members: [...members.values()], provisional: [...provisional] });
}

describe('who reads over HTTP while the shard of a wedding is away', () => {
  it(
    'gets what the clients of that server show, told how old it is and of whom it is provisional',
    async () => {
      const wedding = 'read-in-outage';
      const ann = await joinAs('ann', here, wedding, { status: 'ready' });
      const bob = await joinAs('bob', there, wedding, { status: 'ready' });
      const eve = await joinAs('eve', there, wedding, { status: 'ready' });
      await untilShown(ann, 'eve', 'present ready', SHOWN_WITHIN_MS);
      await untilShown(bob, 'ann', 'present ready', SHOWN_WITHIN_MS);
      expect((await read(here, wedding)).one).not.toHaveProperty('provisional');
      const primary = redis.primaries[shardOf(wedding)];
      primary?.pause();
      try {
        ann.send({ type: 'update', wedding, status: 'to the church' });
        eve.send({ type: 'leave', wedding });
        await untilShown(bob, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        await untilShown(ann, 'eve', undefined, SHOWN_WITHIN_MS);
        for (const [pod, client] of [
          [here, ann],
          [there, bob],
        ] as const) {
          const { status, one, many } = await eventually(
            () => read(pod, wedding),
            (seen) => {
              const shown = JSON.stringify(asShown(client));
              return [seen.one, seen.many ?? seen.one].every(
                (each) => each.members !== undefined && JSON.stringify(asRead(each)) === shown,
              );
            },
          );
          expect(status).toBe(200);
          expect(one.provisional?.toSorted()).toEqual(['ann', 'eve']);
          expect([one.staleMs, many?.staleMs]).toEqual([expect.any(Number), expect.any(Number)]);
          expect(one.staleMs).toBeGreaterThan(0);
        }
        await bob.next('freshness', ({ staleMs }) => staleMs > 0);
        // Who comes back with what it held is told that it is old, too.
        const { connection } = await bob.next('welcome');
        const { epoch, seq } = viewOf(bob);
        const again = await RawClient.open(there.port, await signToken({ user: 'bob', weddings: [wedding] }));
        again.send({
          type: 'join',
          id: 'j',
          wedding,
          status: 'ready',
          resume: connection,
          since: { epoch, seq },
        });
        expect((await again.next('snapshot', ({ id }) => id === 'j')).staleMs).toBeGreaterThan(3_000);
        await untilShown(again, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        await again.close();
      } finally {
        primary?.resume();
      }
      await untilShown(bob, 'ann', 'present to the church', PATIENCE_MS);
      await eventually(
        async () => (await Promise.all([here, there].map((pod) => read(pod, wedding)))).map(({ one }) => one),
        (all) => all.every((one) => one.staleMs === undefined && one.provisional === undefined),
      );
      await Promise.all([ann, bob, eve].map((client) => client.close()));
    },
    FAULT_MS,
  );
});

/** Joins once and gives the answer, with the milliseconds it took. */
async function tryToJoin(pod: PresenceServer, wedding: string, user: string) {
  const client = await RawClient.open(pod.port, await signToken({ user, weddings: [wedding] }));
  const askedAt = performance.now();
  client.send({ type: 'join', id: 'j', wedding });
  const answer = await eventually(
    () => client.received.find((one) => 'id' in one && one.id === 'j'),
    (message) => message !== undefined,
  );
  return { client, answer, tookMs: Math.round(performance.now() - askedAt) };
}

const REFUSED = { type: 'error', code: 'unavailable', fatal: false, retryAfterMs: expect.any(Number) };

/** Nobody is shown an empty list by a server that knows nothing: neither a client nor a reader. */
async function expectNothingShown(newcomer: PresenceServer, wedding: string): Promise<void> {
  const { client, answer, tookMs } = await tryToJoin(newcomer, wedding, 'zoe');
  process.stderr.write(`a server without a state answers a join after ${tookMs} ms\n`);
  expect(answer).toMatchObject(REFUSED);
  expect(client.received.map(({ type }) => type)).toEqual(['welcome', 'error']);
  const { status, hint, one, many } = await read(newcomer, wedding);
  expect([status, one.code, many?.code]).toEqual([503, 'unavailable', 'unavailable']);
  expect([Number(hint) > 0, (one.retryAfterMs ?? 0) > 0]).toEqual([true, true]);
  expect([one, many].some((state) => state?.members !== undefined)).toBe(false);
  await client.close();
}

describe('who joins after Redis has lost its data', () => {
  it(
    'is shown everybody as soon as the servers have said their people again, and sees nobody leave',
    async () => {
      const wedding = 'lost';
      const ann = await joinAs('ann', here, wedding, { status: 'ready' });
      const bob = await joinAs('bob', there, wedding, { status: 'ready' });
      await untilShown(ann, 'bob', 'present ready', SHOWN_WITHIN_MS);
      const { epoch } = viewOf(ann);
      const { host, port } = redis.primaries[shardOf(wedding)] ?? { host: '', port: 0 };
      const admin = new Redis({ host, port });
      await admin.flushall();
      admin.disconnect();
      const eve = await joinAs('eve', there, wedding, { status: 'ready' });
      const took = await Promise.all(
        ['ann', 'bob'].map((user) => untilShown(eve, user, 'present ready', SAID_AGAIN_WITHIN_MS)),
      );
      process.stderr.write(`after the loss everybody is shown within ${Math.round(Math.max(...took))} ms\n`);
      const { members, ...last } = await untilConverged([ann, bob, eve]);
      expect(members.map(({ user }) => user)).toEqual(['ann', 'bob', 'eve']);
      expect(last.epoch).not.toBe(epoch);
      for (const client of [ann, bob, eve])
        expect(client.changes().filter(({ op }) => op === 'leave')).toEqual([]);
      await Promise.all([ann, bob, eve].map((client) => client.close()));
    },
    FAULT_MS,
  );
});

describe('a server that starts while Redis is away', () => {
  it(
    'gets no clients, shows nobody an empty wedding, and knows people and peers as soon as Redis is back',
    async () => {
      const wedding = 'all-away';
      const ann = await joinAs('ann', here, wedding, { status: 'ready' });
      const bob = await joinAs('bob', there, wedding, { status: 'ready' });
      const resume = () => {
        for (const primary of redis.primaries) primary.resume();
      };
      for (const primary of redis.primaries) primary.pause();
      const newcomer = await startPod(redis.nodes);
      try {
        const ready = await fetch(`http://127.0.0.1:${newcomer.adminPort}/readyz`);
        expect([ready.status, (await ready.text()).trim()]).toEqual([503, 'Redis is not available']);
        await expectNothingShown(newcomer, wedding);
        expect(await metric(newcomer, /^presence_peers (\d+)$/m)).toBe(0);
        // The others go on meanwhile.
        ann.send({ type: 'update', wedding, status: 'to the church' });
        await untilShown(bob, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        resume();
        await untilReady(newcomer);
        const zoe = await joinAs('zoe', newcomer, wedding);
        await Promise.all([untilPeers(newcomer, 2), untilPeers(here, 2)]);
        await untilShown(zoe, 'ann', 'present to the church', PATIENCE_MS);
        await untilShown(zoe, 'bob', 'present ready', PATIENCE_MS);
        await untilConverged([ann, bob, zoe]);
        await Promise.all([ann, bob, zoe].map((client) => client.close()));
      } finally {
        resume();
        await newcomer.drain();
      }
    },
    FAULT_MS,
  );

  it(
    'serves the weddings of the shards that are there, and refuses those of the one that is away',
    async () => {
      const away = weddingOn((shard) => shard === 2, 'away');
      const alive = weddingOn((shard) => shard !== 2, 'alive');
      const ann = await joinAs('ann', here, away, { status: 'ready' });
      const bob = await joinAs('bob', here, alive, { status: 'ready' });
      const primary = redis.primaries[2];
      primary?.pause();
      const newcomer = await startPod(redis.nodes);
      try {
        await untilReady(newcomer);
        const zoe = await joinAs('zoe', newcomer, alive);
        expect(shows(zoe, 'bob')).toBe('present ready');
        await expectNothingShown(newcomer, away);
        primary?.resume();
        const late = await joinAs('cat', newcomer, away);
        expect(shows(late, 'ann')).toMatch(/ready$/);
        await untilConverged([ann, late]);
        await Promise.all([ann, bob, zoe, late].map((client) => client.close()));
      } finally {
        primary?.resume();
        await newcomer.drain();
      }
    },
    FAULT_MS,
  );
});
