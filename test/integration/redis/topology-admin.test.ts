import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from './redis-processes.ts';

const tools = await ensureTools();
/** Long, so that once more of it is slack enough for a loaded machine. */
const TIMEOUT_MS = 2_000;

describe('the Redis admin', () => {
  let processes: RedisProcess[];
  let server: RedisProcess;
  let admin: RedisAdmin;

  beforeEach(async () => {
    processes = await startRedisProcesses({ server: tools.redisServer, count: 1 });
    if (processes[0] === undefined) throw new Error('no server was started');
    server = processes[0];
    admin = createRedisAdmin({
      username: 'default',
      password: '',
      connectTimeoutMs: TIMEOUT_MS,
      commandTimeoutMs: TIMEOUT_MS,
    });
  });
  afterEach(async () => {
    admin.close();
    await stopRedisProcesses(processes);
  });

  const clients = async (): Promise<number> =>
    String(await admin.execute(server, ['CLIENT', 'LIST']))
      .trim()
      .split('\n').length;

  it('keeps one connection a server, however many ask at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => admin.observe(server)));
    expect(await clients()).toBe(1);
  });

  it('tells a refused command from a server that is gone, and finds it again when it is back', async () => {
    await expect(admin.execute(server, ['CLUSTER', 'FORGET', 'nobody'])).rejects.toMatchObject({
      kind: 'Refused',
      message: expect.stringContaining('Unknown node'),
    });
    await server.kill();
    await expect(admin.observe(server)).rejects.toMatchObject({ kind: 'Unreachable' });
    await expect(admin.observe(server)).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect((await admin.observe(server)).id).toHaveLength(40);
  });

  it('gives up on a server that hangs, connected or not, and leaves nothing behind', async () => {
    await admin.observe(server);
    server.pause();
    for (const _ of ['on the open connection', 'on a new one']) {
      const startedAt = performance.now();
      await expect(admin.observe(server)).rejects.toMatchObject({ kind: 'Timeout' });
      expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS * 2);
    }
    server.resume();
    await expect
      .poll(
        () =>
          admin
            .observe(server)
            .then(clients)
            .catch(() => 0),
        { timeout: 30_000 },
      )
      .toBe(1);
  });
});
