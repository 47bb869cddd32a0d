import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { settlesWithin } from '../../support/settles-within.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from './redis-processes.ts';

const tools = await ensureTools();
/** For a server that does not hang; a loaded machine answers late. */
const PATIENCE_MS = 30_000;
/** For one that does. */
const TIMEOUT_MS = 1_000;

describe('the Redis admin', () => {
  let processes: RedisProcess[];
  let server: RedisProcess;
  let admin: RedisAdmin;
  const adminWith = (timeoutMs: number) => {
    const timeouts = { connectTimeoutMs: timeoutMs, commandTimeoutMs: timeoutMs };
    return createRedisAdmin({ username: 'default', password: '', ...timeouts });
  };

  beforeEach(async () => {
    processes = await startRedisProcesses({ server: tools.redisServer, count: 1 });
    if (processes[0] === undefined) throw new Error('no server was started');
    server = processes[0];
    admin = adminWith(PATIENCE_MS);
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
    admin.close();
    admin = adminWith(TIMEOUT_MS);
    await expect.poll(() => admin.observe(server).then(clients), { timeout: PATIENCE_MS }).toBe(1);
    server.pause();
    for (const _ of ['on the open connection', 'on a new one']) {
      const answer = admin.observe(server).catch((error: unknown) => error);
      // Nothing may be waited for twice.
      expect(await settlesWithin(answer, 1.5 * TIMEOUT_MS)).toBe(true);
      expect(await answer).toMatchObject({ kind: 'Timeout' });
    }
    server.resume();
    await expect
      .poll(
        () =>
          admin
            .observe(server)
            .then(clients)
            .catch(() => 0),
        { timeout: PATIENCE_MS },
      )
      .toBe(1);
  });
});
