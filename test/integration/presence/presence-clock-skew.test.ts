import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, PATIENCE_MS, signToken, startPod, untilReady } from './presence-pods.ts';
import { statesOf, untilConverged, untilPeers, untilShown, viewOf } from './presence-views.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const FAULT_MS = 120_000;
/**
 * Redis is away for so long, so what is shown meanwhile comes from server to server (docs/presence.md: after 250 ms); the limit is
 * that of a loaded machine.
 */
const SHOWN_WITHIN_MS = 15_000;
const HOUR_MS = 3_600_000;
const GRACE_SECONDS = 4;

let redis: RedisClusterProcesses;
/** Each an hour off the clock of Redis. */
let ahead: PresenceServer;
let behind: PresenceServer;

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  const more = { PRESENCE_RECONNECT_GRACE_SECONDS: String(GRACE_SECONDS), PRESENCE_MOVES_PER_SECOND: '0' };
  [ahead, behind] = await Promise.all([
    startPod(redis.nodes, more, new ShiftedClock(HOUR_MS)),
    startPod(redis.nodes, more, new ShiftedClock(-HOUR_MS)),
  ]);
  await Promise.all([ahead, behind].map(untilReady));
  await Promise.all([ahead, behind].map((pod) => untilPeers(pod, 1)));
}, START_MS);

afterAll(async () => {
  await Promise.all([ahead, behind].map((pod) => pod?.drain()));
  await redis?.close();
}, START_MS);

/** With a token that no server of these takes for expired. */
async function join(
  user: string,
  pod: PresenceServer,
  wedding: string,
  more: object = {},
): Promise<RawClient> {
  const token = await signToken({ user, weddings: [wedding], expiresIn: 10_800 });
  return RawClient.join(pod.port, token, wedding, more);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('two servers whose clocks are two hours apart', () => {
  it(
    'show the same, by the time and in the order of Redis; who is lost goes after the grace period, and nobody else',
    async () => {
      const wedding = 'skewed';
      const startedAt = Date.now();
      const bob = await join('bob', behind, wedding, { status: 'ready' });
      const phone = await join('ann', ahead, wedding, { status: 'phone' });
      const tablet = await join('ann', behind, wedding, { status: 'tablet' });
      const cat = await join('cat', ahead, wedding);
      // The device that was updated last counts, also when its server believes that it was hours before.
      await untilShown(bob, 'ann', 'present tablet', PATIENCE_MS);
      phone.send({ type: 'update', wedding, status: 'phone again' });
      await untilShown(bob, 'ann', 'present phone again', PATIENCE_MS);
      await tablet.insist({ type: 'update', id: 't', wedding, status: 'tablet again' }, 'ack');
      for (const client of [bob, phone, tablet, cat])
        await untilShown(client, 'ann', 'present tablet again', PATIENCE_MS);
      for (const member of (await untilConverged([bob, phone, tablet, cat])).members)
        for (const at of [member.since, member.updatedAt]) {
          expect(at).toBeGreaterThanOrEqual(startedAt);
          expect(at).toBeLessThanOrEqual(Date.now());
        }

      cat.socket.terminate();
      const lostAt = performance.now();
      const isLost = () => viewOf(bob).members.get('cat')?.state === 'reconnecting';
      await eventually(isLost, (lost) => lost);
      await eventually(
        () => viewOf(bob).members.has('cat'),
        (there) => !there,
        GRACE_SECONDS * 1_000 + SHOWN_WITHIN_MS,
      );
      expect(performance.now() - lostAt).toBeGreaterThan(GRACE_SECONDS * 1_000 - 100);
      // Longer than a lease by now: neither server takes the other for dead.
      for (const client of [bob, phone, tablet]) {
        expect(statesOf(client, 'ann')).toEqual(['present']);
        expect(statesOf(client, 'bob')).toEqual(['present']);
      }
      await Promise.all([bob, phone, tablet].map((client) => client.close()));
    },
    FAULT_MS,
  );

  it(
    'hand changes to each other while Redis is away, and agree afterwards',
    async () => {
      const wedding = 'skewed-outage';
      const ann = await join('ann', ahead, wedding, { status: 'ready' });
      const bob = await join('bob', behind, wedding, { status: 'ready' });
      await untilShown(ann, 'bob', 'present ready', PATIENCE_MS);
      for (const primary of redis.primaries) primary.pause();
      try {
        for (let count = 1; count <= 4; count++) {
          ann.send({ type: 'update', wedding, status: `a${count}` });
          bob.send({ type: 'update', wedding, status: `b${count}` });
          await untilShown(bob, 'ann', `present a${count}`, SHOWN_WITHIN_MS);
          await untilShown(ann, 'bob', `present b${count}`, SHOWN_WITHIN_MS);
          await wait(1_000);
        }
      } finally {
        for (const primary of redis.primaries) primary.resume();
      }
      const { members } = await eventually(
        () => untilConverged([ann, bob]),
        (state) => state.members.every(({ status }) => status?.endsWith('4')),
      );
      expect(members.map(({ user, state, status }) => [user, state, status])).toEqual([
        ['ann', 'present', 'a4'],
        ['bob', 'present', 'b4'],
      ]);
      for (const client of [ann, bob])
        for (const user of ['ann', 'bob']) expect(statesOf(client, user)).toEqual(['present']);
      await Promise.all([ann, bob].map((client) => client.close()));
    },
    FAULT_MS,
  );

  it('judge the end of a token by their own clock, which is all that an hour changes', async () => {
    const token = await signToken({ expiresIn: 600 });
    const refused = new RawClient(ahead.port, token);
    expect(await refused.closed()).toBe(4401);
    expect(refused.all('error')).toMatchObject([{ code: 'token_expired' }]);
    const taken = await RawClient.open(behind.port, token);
    await taken.close();
  });
});
