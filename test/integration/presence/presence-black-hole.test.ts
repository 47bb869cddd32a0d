import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { LEASE_MS } from '../../../src/presence/store/redis-store.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { type RedisBlackHole, startRedisBlackHole } from '../redis/redis-black-hole.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, PATIENCE_MS, startPod, untilReady } from './presence-pods.ts';
import { joinAs, shows, statesOf, untilConverged, untilPeers, untilShown, viewOf } from './presence-views.ts';

const START_MS = 180_000;
const FAULT_MS = 120_000;
const OUTAGE_MS = 5_000;
/** What a loaded machine adds to the times of docs/presence.md where servers do it by themselves, and where they have to ask Redis. */
const SLACK_MS = 2_000;
const REDIS_SLACK_MS = 7_000;
/** A state that Redis has not confirmed for 3 s is marked; a look in each beat of a second. */
const MARKED_WITHIN_MS = 4_000 + SLACK_MS;
/** A lease of 2 s and a beat of 1 s. A beat that is late looks like a stall of Redis, which gives each lease half of its time again. */
const LOST_WITHIN_MS = 3_000 + 1_000 + REDIS_SLACK_MS;
/** 250 ms until what Redis does not confirm is shown; without a word from server to server, not before the outage ends. */
const SHOWN_WITHIN_MS = 250 + SLACK_MS;

let redis: RedisClusterProcesses;
let hole: RedisBlackHole;
/** Two servers whose way to Redis can be cut, and one whose way cannot. */
let cut: PresenceServer;
let alsoCut: PresenceServer;
let open: PresenceServer;
let otherHole: RedisBlackHole;

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  hole = await startRedisBlackHole(redis.nodes, '127.0.0.2');
  otherHole = await startRedisBlackHole(redis.nodes, '127.0.0.3');
  // A name, so that the way between servers does not look like one to Redis.
  const more = { PRESENCE_PEER_HOST: 'localhost', PRESENCE_MOVES_PER_SECOND: '0' };
  [cut, alsoCut, open] = await Promise.all([
    startPod(hole.nodes, more, systemClock, LEASE_MS),
    startPod(otherHole.nodes, more, systemClock, LEASE_MS),
    startPod(redis.nodes, more, systemClock, LEASE_MS),
  ]);
  const all = [cut, alsoCut, open];
  await Promise.all(all.map(untilReady));
  await Promise.all(all.map((pod) => untilPeers(pod, 2)));
}, START_MS);

afterAll(async () => {
  for (const one of [hole, otherHole]) one?.letThrough();
  await Promise.all([cut, alsoCut, open].map((pod) => pod?.drain()));
  await Promise.all([hole, otherHole].map((one) => one?.close()));
  await redis?.close();
}, START_MS);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const readiness = async (pod: PresenceServer) =>
  (await fetch(`http://127.0.0.1:${pod.adminPort}/readyz`)).status;

describe('a server that does not reach Redis, and nobody says so', () => {
  it(
    'shows what its own people do; for the others they are lost as if it had died, and back afterwards, without a leave',
    async () => {
      const wedding = 'one-cut';
      const ann = await joinAs('ann', cut, wedding, { status: 'ready' });
      const amy = await joinAs('amy', cut, wedding, { status: 'ready' });
      const bob = await joinAs('bob', open, wedding, { status: 'ready' });
      await untilShown(ann, 'bob', 'present ready', PATIENCE_MS);
      const { epoch } = await untilConverged([ann, amy, bob]);
      // While this process with all its servers and clients stands still, nobody can do anything.
      const stalls = new OwnStalls();
      hole.swallow();
      const cutAt = performance.now();
      const sinceCut = () => performance.now() - cutAt - stalls.ms;
      const marked = ann
        .next('freshness', ({ staleMs }) => staleMs > 0)
        .then(({ staleMs }) => ({ staleMs, atMs: sinceCut() }));
      marked.catch(() => {});
      try {
        ann.send({ type: 'update', id: 'u1', wedding, status: 'to the church' });
        await untilShown(ann, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        await untilShown(amy, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        // Redis has not lost them yet, so the word of their server counts.
        await untilShown(bob, 'ann', 'present to the church', SHOWN_WITHIN_MS);
        expect((await ann.next('error', ({ id }) => id === 'u1')).code).toBe('unavailable');

        await bob.insist({ type: 'update', id: 'u1', wedding, status: 'at the gate' }, 'ack');
        for (const user of ['ann', 'amy'])
          await eventually(
            () => viewOf(bob).members.get(user),
            (member) => member?.state === 'reconnecting' && member.reason === 'server_lost',
            LOST_WITHIN_MS,
          );
        expect(sinceCut()).toBeLessThan(LOST_WITHIN_MS);
        const stale = await marked;
        expect(stale.staleMs).toBeGreaterThanOrEqual(3_000);
        expect(stale.atMs).toBeLessThan(MARKED_WITHIN_MS);
        expect(shows(ann, 'bob')).toBe('present ready');
        ann.send({ type: 'update', wedding, status: 'at the church' });
        await untilShown(amy, 'ann', 'present at the church', SHOWN_WITHIN_MS);
        expect(await readiness(cut)).toBe(503);
        expect(await readiness(open)).toBe(200);
        await wait(Math.max(0, OUTAGE_MS - (performance.now() - cutAt)));
      } finally {
        stalls.stop();
        hole.letThrough();
      }
      await untilShown(bob, 'ann', 'present at the church', PATIENCE_MS);
      await untilShown(bob, 'amy', 'present ready', PATIENCE_MS);
      await untilShown(ann, 'bob', 'present at the gate', PATIENCE_MS);
      const after = await untilConverged([ann, amy, bob]);
      // No primary died, so no number was lost.
      expect(after.epoch).toBe(epoch);
      expect(after.members.map(({ user, state, status }) => [user, state, status])).toEqual([
        ['amy', 'present', 'ready'],
        ['ann', 'present', 'at the church'],
        ['bob', 'present', 'at the gate'],
      ]);
      for (const user of ['ann', 'amy'])
        expect(statesOf(bob, user)).toEqual(['present', 'reconnecting', 'present']);
      for (const client of [ann, amy]) expect(statesOf(client, 'bob')).toEqual(['present']);
      await eventually(
        () => readiness(cut),
        (status) => status === 200,
      );
      await eventually(
        () => ann.all('freshness').at(-1)?.staleMs,
        (staleMs) => staleMs === 0,
      );
      await Promise.all([ann, amy, bob].map((client) => client.close()));
    },
    FAULT_MS,
  );

  it(
    'and neither does its peer: each shows what the people of the other do within a second, marked, and nobody is lost',
    async () => {
      const wedding = 'both-cut';
      await Promise.all([cut, alsoCut].map(untilReady));
      const ann = await joinAs('ann', cut, wedding, { status: 'ready' });
      const bob = await joinAs('bob', alsoCut, wedding, { status: 'ready' });
      await untilShown(ann, 'bob', 'present ready', PATIENCE_MS);
      const { epoch } = await untilConverged([ann, bob]);
      for (const one of [hole, otherHole]) one.swallow();
      const cutAt = performance.now();
      let count = 0;
      try {
        while (performance.now() - cutAt < OUTAGE_MS) {
          count++;
          ann.send({ type: 'update', wedding, status: `a${count}` });
          bob.send({ type: 'update', wedding, status: `b${count}` });
          await Promise.all([
            untilShown(bob, 'ann', `present a${count}`, SHOWN_WITHIN_MS),
            untilShown(ann, 'bob', `present b${count}`, SHOWN_WITHIN_MS),
          ]);
          await wait(250);
        }
        for (const client of [ann, bob]) {
          const { staleMs } = await client.next('freshness', (message) => message.staleMs > 0, SLACK_MS);
          expect(staleMs).toBeGreaterThanOrEqual(3_000);
          expect(client.all('provisional').every((message) => message.staleMs > 0)).toBe(true);
        }
      } finally {
        for (const one of [hole, otherHole]) one.letThrough();
      }
      const after = await untilConverged([ann, bob]);
      expect(after.epoch).toBe(epoch);
      expect(after.members.map(({ user, status }) => [user, status])).toEqual([
        ['ann', `a${count}`],
        ['bob', `b${count}`],
      ]);
      // When nobody could renew, Redis was away and not the servers: nobody was lost for a moment.
      for (const client of [ann, bob])
        for (const user of ['ann', 'bob']) expect(statesOf(client, user)).toEqual(['present']);
      await Promise.all([ann, bob].map((client) => client.close()));
    },
    FAULT_MS,
  );
});
