import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { slotOf } from '../../support/slot-of.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, startPod, untilReady } from './presence-pods.ts';
import { joinAs, shows, statesOf, untilConverged } from './presence-views.ts';

const START_MS = 180_000;
const TEST_MS = 120_000;
const SLOTS = 16_384;
const WEDDING = 'on-the-move';
const UPDATE_EVERY_MS = 100;
/** A server asks every 2 s where the slots are, and every second whether a message is missing; and what a loaded machine adds. */
const SEEN_AGAIN_WITHIN_MS = 3_000 + 12_000;

let redis: RedisClusterProcesses;
let pods: PresenceServer[] = [];

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
  await Promise.all(pods.map(untilReady));
}, START_MS);

afterAll(async () => {
  await Promise.all(pods.map((pod) => pod.drain()));
  await redis?.close();
}, START_MS);

/** Valkey moves the slot with all that is in it from its primary to the next one. */
async function moveSlot(slot: number): Promise<void> {
  const admins = redis.primaries.map(({ host, port }) => new Redis({ host, port, protocol: 2 }));
  try {
    const from = Math.floor((slot * admins.length) / SLOTS);
    const source = admins[from] as Redis;
    const target = admins[(from + 1) % admins.length] as Redis;
    const id = String(await target.call('CLUSTER', 'MYID'));
    await source.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', id);
    const key = weddingKeys(WEDDING)[0] ?? '';
    await eventually(
      async () => (await source.exists(key).catch((error: Error) => error.message)).toString(),
      (answer) => answer.startsWith('MOVED'),
    );
  } finally {
    for (const admin of admins) admin.disconnect();
  }
}

it(
  'a slot that moves to another primary: people go on seeing each other, and nobody is shown as gone',
  async () => {
    const [one, other] = pods as [PresenceServer, PresenceServer];
    const ann = await joinAs('ann', one, WEDDING, { status: '0' });
    const bob = await joinAs('bob', other, WEDDING, { status: '0' });
    let count = 0;
    const timer = setInterval(() => {
      ann.send({ type: 'update', wedding: WEDDING, status: String(++count) });
    }, UPDATE_EVERY_MS);
    const seen = () => Number(shows(bob, 'ann')?.split(' ')[1] ?? 0);
    try {
      await eventually(seen, (status) => status > 5);
      await moveSlot(slotOf(weddingKeys(WEDDING)[0] ?? ''));
      const moved = count;
      await eventually(seen, (status) => status > moved + 5, SEEN_AGAIN_WITHIN_MS);
    } finally {
      clearInterval(timer);
    }
    await eventually(seen, (status) => status === count);
    await untilConverged([ann, bob]);
    expect(statesOf(bob, 'ann')).toEqual(['present']);
    expect(statesOf(ann, 'bob')).toEqual(['present']);
    await Promise.all([ann.close(), bob.close()]);
  },
  TEST_MS,
);
