import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { joinAs, metric } from './presence-views.ts';
import { startTcpBalancer } from './tcp-balancer.ts';

const START_MS = 180_000;
const TEST_MS = 120_000;
const HOUR_MS = 3_600_000;
const ON = 'ceremony-is-on';
const LATER = 'later';
/** Members of each wedding beside the one who watches. */
const CREW = 20;
/** A tenth above the mean of two servers may stay, and the part of a connection that cannot be asked to go. */
const MOST_LEFT = 1.1 * (CREW + 1) + 1;

let redis: RedisClusterProcesses;
let full: PresenceServer;
let dir: string;
let environment: Record<string, string>;

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  dir = await mkdtemp(joinPath(tmpdir(), 'presence-rebalance-'));
  const file = joinPath(dir, 'weddings.json');
  const [from, until] = [-HOUR_MS, HOUR_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  const weddings = { [ON]: { from, until, state: 'Confirmed', team: {} } };
  await writeFile(file, JSON.stringify({ weddings }));
  environment = { PRESENCE_WEDDINGS_FILE: file };
  full = await startPod(redis.nodes, environment);
  await untilReady(full);
}, START_MS);

afterAll(async () => {
  await full?.drain();
  await redis?.close();
  await removeDirectory(dir);
}, START_MS);

it(
  'a new server gets connections of the full one, which nobody sees; who is at a ceremony is not asked',
  async () => {
    const service = await startTcpBalancer(full.port);
    const clients: PresenceClient[] = [];
    const comeTo = async (wedding: string): Promise<void> => {
      for (let index = 0; index < CREW; index++) {
        const client = new PresenceClient({
          url: `ws://127.0.0.1:${service.port}/v1/presence`,
          token: () => signToken({ user: `${wedding}-${index}`, weddings: [wedding] }),
        });
        await client.join(wedding, { status: 'here' });
        clients.push(client);
      }
    };
    const atCeremony = await joinAs('watcher', full, ON);
    const watcher = await joinAs('watcher', full, LATER);
    await Promise.all([comeTo(ON), comeTo(LATER)]);
    const arrived = (changes: readonly unknown[]) => changes.length >= CREW;
    await eventually(() => watcher.changes(), arrived);
    await eventually(() => atCeremony.changes(), arrived);
    const before = watcher.changes().length;

    const fresh = await startPod(redis.nodes, environment);
    // Before the full one hears of it: who would come back to the full one would be asked once more.
    service.target = fresh.port;
    try {
      await untilReady(fresh);
      const connections = () => metric(full, /^presence_connections (\d+)$/m);
      await eventually(connections, (count) => count <= MOST_LEFT, TEST_MS / 2);
      const moved = await metric(full, /^presence_moves_total (\d+)$/m);
      expect(moved).toBeGreaterThan(0);
      expect(moved).toBeLessThanOrEqual(CREW + 1);
      expect(atCeremony.all('drain')).toEqual([]);
      // Nobody of the ceremony is on the new server, and nobody of the other wedding saw anybody go.
      expect(await metric(fresh, /^presence_connections (\d+)$/m)).toBeLessThanOrEqual(CREW);
      expect(watcher.changes().slice(before)).toEqual([]);
      expect(atCeremony.changes().some((change) => change.op === 'leave')).toBe(false);
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all([watcher.close(), atCeremony.close()]);
    } finally {
      await fresh.drain();
      await service.close();
    }
  },
  TEST_MS,
);
