import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REDIS_PARAMETERS, type RedisParameter } from '../../../src/api/workload/redis-parameters.ts';
import { configDifference, defaultLines, LIVE_PARAMETERS } from '../../../src/domain/topology/live-config.ts';
import { pairsOf } from '../../../src/operator/redis/server-config.ts';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from './redis-processes.ts';

const tools = await ensureTools();
/** A loaded machine answers late. */
const TIMEOUTS = { connectTimeoutMs: 10_000, commandTimeoutMs: 10_000 };

const ALL: [string, RedisParameter][] = Object.entries(REDIS_PARAMETERS);
/** The smallest and the largest value, or the first and the last. */
const boundsOf = (parameter: RedisParameter): [string, string] =>
  'options' in parameter
    ? [parameter.options[0] ?? '', parameter.options.at(-1) ?? '']
    : [String(parameter.min), String(parameter.max)];
/** Ours of a parameter that servers have another default of. */
const OURS = { 'tcp-keepalive': '60' };

describe.each([
  { engine: 'Valkey', server: tools.valkeyServer },
  { engine: 'Redis', server: tools.redisServer },
])('the parameters that may be set, on $engine', ({ engine, server }) => {
  const PARAMETERS = ALL.filter(([, { engine: only = engine }]) => only === engine);
  const at = (which: 0 | 1) =>
    Object.fromEntries(PARAMETERS.map(([name, parameter]) => [name, boundsOf(parameter)[which]]));
  let admin: RedisAdmin;
  let processes: RedisProcess[] = [];

  beforeAll(async () => {
    admin = createRedisAdmin({ username: 'default', password: '', ...TIMEOUTS });
    processes = [
      ...(await startRedisProcesses({ server, count: 1, extraConfig: OURS })),
      // What the schema lets in must never keep a server from starting.
      ...(await startRedisProcesses({ server, count: 1, extraConfig: at(0) })),
      ...(await startRedisProcesses({ server, count: 1, extraConfig: at(1) })),
    ];
  });

  afterAll(async () => {
    admin?.close();
    await stopRedisProcesses(processes);
  });

  const node = (index: number) => processes[index] as RedisProcess;
  const running = async (index: number) =>
    pairsOf(await admin.execute(node(index), ['CONFIG', 'GET', ...ALL.map(([name]) => name)]));

  it('have the default that is written', async () => {
    const defaults = Object.fromEntries(PARAMETERS.map(([name, { byDefault }]) => [name, byDefault]));
    expect(await running(0)).toEqual(defaults);
  });

  it.each([0, 1] as const)('are at a bound as they were given: %d', async (which) => {
    expect(await running(which + 1)).toEqual(at(which));
  });

  it('are taken by a running server when they are called online, and read back as they were set', async () => {
    const online = PARAMETERS.filter(([, { change }]) => change === 'Online');
    expect(online.every(([name]) => LIVE_PARAMETERS.has(name))).toBe(true);
    for (const which of [0, 1] as const) {
      const wanted = online.map(([name, parameter]) => [name, boundsOf(parameter)[which]] as const);
      expect(await admin.execute(node(0), ['CONFIG', 'SET', ...wanted.flat()])).toBe('OK');
      expect(await running(0)).toMatchObject(Object.fromEntries(wanted));
    }
  });

  it('go back to their default when they are taken away', async () => {
    const lines = [...defaultLines({}), 'tcp-keepalive 60'];
    const { live, needsRoll } = configDifference(lines, await running(0));
    expect(needsRoll).toEqual([]);
    expect(live.length).toBeGreaterThan(10);
    await admin.execute(node(0), ['CONFIG', 'SET', ...live.flat()]);
    expect(configDifference(lines, await running(0))).toEqual({ live: [], needsRoll: [] });
  });

  it('need a new pod when they are not', async () => {
    const rolled = PARAMETERS.filter(([, { change }]) => change === 'Roll').map(([name]) => name);
    const lines = rolled.map((name) => `${name} 2`);
    expect(configDifference(lines, await running(0))).toEqual({ live: [], needsRoll: rolled });
  });
});
