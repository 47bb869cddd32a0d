import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { PATIENCE_MS, startPod, startPodProcess, untilReady } from './presence-pods.ts';
import { joinAs, shows, statesOf, untilConverged, untilShown, viewOf } from './presence-views.ts';

const START_MS = 180_000;
const TEST_MS = 180_000;
/** docs/presence.md: a lease of 2 s and a beat of 1 s; and what a loaded machine adds. */
const LOST_WITHIN_MS = 3_000 + 7_000;
/** docs/presence.md: two pings, 10 s apart; and what a loaded machine adds to the time for which this process stands still. */
const SILENCE_WITHIN_MS = 20_000 + 4_000;
/** Nobody is given up before a ping had its time to be answered. */
const LEAST_SILENCE_MS = 9_500;
/** Long after the people of a frozen server are lost, and within their grace of 30 s. */
const FROZEN_MS = 8_000;

let redis: RedisClusterProcesses;
let pod: PresenceServer;

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  pod = await startPod(redis.nodes);
  await untilReady(pod);
}, START_MS);

afterAll(async () => {
  await pod?.drain();
  await redis?.close();
}, START_MS);

describe('what goes silent without an end', () => {
  it(
    'a frozen server (SIGSTOP): its people are lost for the others within 3 s, and present again when it goes on',
    async () => {
      const wedding = 'frozen';
      const frozen = await startPodProcess(redis.nodes);
      try {
        await untilReady(frozen);
        const ann = await joinAs('ann', pod, wedding, { status: 'ready' });
        const bob = await joinAs('bob', frozen, wedding, { status: 'ready' });
        await untilShown(ann, 'bob', 'present ready', LOST_WITHIN_MS);
        const { epoch } = await untilConverged([ann, bob]);
        frozen.kill('SIGSTOP');
        const frozenAt = performance.now();
        await untilShown(ann, 'bob', 'reconnecting ready', LOST_WITHIN_MS);
        expect(viewOf(ann).members.get('bob')).toMatchObject({ reason: 'server_lost', devices: 0 });
        // Nobody else notices: who is asked meanwhile answers at once.
        await ann.insist({ type: 'update', id: 'u', wedding, status: 'meanwhile' }, 'ack');
        const cat = await joinAs('cat', pod, wedding, { status: 'new' });
        expect(shows(cat, 'bob')).toBe('reconnecting ready');
        await new Promise((resolve) => setTimeout(resolve, FROZEN_MS - (performance.now() - frozenAt)));
        frozen.kill('SIGCONT');
        await untilShown(ann, 'bob', 'present ready', LOST_WITHIN_MS);
        // On a loaded machine a server may stand still for longer than its lease before or after that, too.
        expect(statesOf(ann, 'bob').join()).toMatch(/^present(,reconnecting,present){1,2}$/);
        await untilShown(bob, 'ann', 'present meanwhile', LOST_WITHIN_MS);
        expect((await untilConverged([ann, bob, cat])).epoch).toBe(epoch);
        await Promise.all([ann, bob, cat].map((client) => client.close()));
      } finally {
        frozen.kill('SIGKILL');
        await frozen.exited;
      }
    },
    TEST_MS,
  );

  it(
    'a phone that is gone without a word (a half-open socket) is lost after two pings, and one that is idle is not',
    async () => {
      const wedding = 'half-open';
      const ann = await joinAs('ann', pod, wedding);
      const gone = await joinAs('bob', pod, wedding, { status: 'ready' });
      await untilShown(ann, 'bob', 'present ready', LOST_WITHIN_MS);
      const stalls = new OwnStalls();
      const pausedAt = performance.now();
      // Its machine takes no bytes any more, and its end never comes: the server's pings are not answered.
      gone.socket.pause();
      await untilShown(ann, 'bob', 'reconnecting ready', PATIENCE_MS);
      const took = performance.now() - pausedAt;
      expect(took).toBeGreaterThan(LEAST_SILENCE_MS);
      expect(took).toBeLessThan(SILENCE_WITHIN_MS + stalls.ms);
      stalls.stop();
      expect(viewOf(ann).members.get('bob')?.reason).toBe('lost');
      expect(statesOf(ann, 'ann')).toEqual(['present']);
      gone.socket.terminate();
      await ann.close();
    },
    TEST_MS,
  );
});
