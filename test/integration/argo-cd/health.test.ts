import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from '../redis/redis-processes.ts';

const SCRIPT = readFileSync(path.join(repository, 'manifests/argo-cd/health.lua'), 'utf8');
/** Argo CD runs Lua 5.1 (gopher-lua), and so does the server: the script gets the object as `obj` and returns its health. */
const RUN = `local function health(obj)\n${SCRIPT}\nend\nreturn cjson.encode(health(cjson.decode(ARGV[1])))`;

let processes: RedisProcess[] = [];
let admin: RedisAdmin;

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  processes = await startRedisProcesses({ server: valkeyServer, count: 1 });
  admin = createRedisAdmin({
    username: 'default',
    password: '',
    connectTimeoutMs: 10_000,
    commandTimeoutMs: 10_000,
  });
}, 600_000);

afterAll(async () => {
  admin?.close();
  await stopRedisProcesses(processes);
});

interface Found {
  type: string;
  status: string;
  reason?: string;
}

async function health(kind: string, conditions?: Found[], generation = 1): Promise<string> {
  const status = conditions && {
    observedGeneration: 1,
    conditions: conditions.map((each) => ({
      ...each,
      message: `${each.type} ${each.reason ?? each.status}`,
    })),
  };
  const object = { kind, metadata: { name: 'wedsync', generation }, status };
  const [server] = processes as [RedisProcess];
  const answer = await admin.execute(server, ['EVAL', RUN, '0', JSON.stringify(object)]);
  const found = JSON.parse(String(answer)) as { status: string; message: string };
  return `${found.status}: ${found.message}`;
}

const is = (type: string, status = 'True', reason = 'Why'): Found => ({ type, status, reason });

it('waits for the operator, and for it to see the newest spec', async () => {
  expect(await health('PresenceCluster')).toMatch(/^Progressing: /);
  expect(await health('PresenceCluster', [is('Ready')], 2)).toMatch(/^Progressing: .*newest spec/);
});

it.each([
  [[is('Ready')], 'Healthy: Ready Why'],
  [[is('Ready', 'False'), is('Reconciling')], 'Progressing: Reconciling Why'],
  [[is('Ready', 'False'), is('Stalled', 'True', 'NotAccepted')], 'Degraded: Stalled NotAccepted'],
  [
    [is('Ready'), is('RedisReplicated', 'False', 'ReplicasMissing')],
    'Degraded: RedisReplicated ReplicasMissing',
  ],
  [[is('Ready'), is('RedisReplicated', 'False', 'ReplicasStarting')], 'Healthy: Ready Why'],
  [[is('Ready', 'False', 'PresenceNotReady')], 'Degraded: Ready PresenceNotReady'],
  [[is('Accepted')], 'Progressing: Waiting for the operator'],
])('reads %j of a PresenceCluster', async (conditions, expected) => {
  expect(await health('PresenceCluster', conditions)).toBe(expected);
});

it.each(['Wedding', 'WeddingCalendar', 'RolloutOverride', 'PresenceOptimization', 'ChangeFreeze'])(
  'reads Ready of %s',
  async (kind) => {
    expect(await health(kind, [is('Ready')])).toMatch(/^Healthy/);
    expect(await health(kind, [is('Ready', 'False')])).toMatch(/^Degraded/);
  },
);

it('is healthy for a RolloutFreeze, which has no conditions', async () => {
  expect(await health('RolloutFreeze')).toMatch(/^Healthy/);
});

it('is the script that the page has', () => {
  const page = readFileSync(path.join(repository, 'docs/how-to/gitops.md'), 'utf8');
  expect(page).toContain('manifests/argo-cd/health.lua');
});
