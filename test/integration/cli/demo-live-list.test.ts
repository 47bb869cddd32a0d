import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { LiveList, listLines } from '../../demo/live-list.ts';
import { playStory } from '../../demo/wedding-story.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { SECRET, startPod, untilReady } from '../presence/presence-pods.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';

const START_MS = 180_000;
const WEDDING = 'ada-grace';
const HOUR_MS = 3_600_000;

let redis: RedisClusterProcesses;
let pod: PresenceServer;
let dir: string;

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  dir = await mkdtemp(joinPath(tmpdir(), 'presence-demo-'));
  const file = joinPath(dir, 'weddings.json');
  const [from, until] = [-HOUR_MS, HOUR_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  const team = { photographer: 1, videographer: 1, catering: 2, planner: 1 };
  const booked = { from, until, state: 'Confirmed', team };
  await writeFile(file, JSON.stringify({ weddings: { [WEDDING]: booked } }));
  pod = await startPod(redis.nodes, { PRESENCE_WEDDINGS_FILE: file });
  await untilReady(pod);
}, START_MS);

afterAll(async () => {
  await pod?.drain();
  await redis?.close();
  await removeDirectory(dir);
}, START_MS);

it('shows live who comes, does something, is away, is back and leaves, and who is missing', async () => {
  const shown: string[] = [];
  const list = new LiveList({ write: (text) => shown.push(text) });
  const url = `ws://127.0.0.1:${pod.port}/v1/presence`;
  const onShown = (wedding: Parameters<typeof listLines>[0]) => list.draw(listLines(wedding));
  await playStory({ url, secret: SECRET, wedding: WEDDING, pauseMs: 0, onShown });
  const scenes = shown.map((text) => text.replaceAll(/ +/g, ' '));
  const inOrder = [
    `${WEDDING}: 1 present, 0 reconnecting\n ● Paul planner watching\n missing: 1 photographer, 1 videographer, 2 catering`,
    '● Ada photographer on site\n missing: 1 videographer, 2 catering',
    '● Cam catering on site\n missing: 1 catering',
    '● Ada photographer first dance',
    '○ Cam catering reconnecting (closed)\n missing: 2 catering',
    '● Cam catering on site\n missing: 1 catering',
    `${WEDDING}: 3 present, 0 reconnecting\n ● Paul planner watching\n ● Ada photographer first dance\n ● Cam`,
  ];
  let from = 0;
  for (const text of inOrder) {
    const at = scenes.findIndex((scene, index) => index >= from && scene.includes(text));
    expect(at, `${text}\nis not after scene ${from} of\n${scenes.join('')}`).not.toBe(-1);
    from = at + 1;
  }
});
