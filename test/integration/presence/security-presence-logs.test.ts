import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { createRedisAdmin } from '../../../src/platform/redis/admin.ts';
import { createLogger } from '../../../src/platform/telemetry/log.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { startPodProcess } from './presence-pods.ts';

const RIGHT = 'the-right-password-of-this-test';
const WRONG = 'the-wrong-password-of-this-test';
const START_MS = 180_000;

/** Gives what both programs write while Redis refuses the password that they have. */
it(
  'a password that Redis refuses is in no line of the log, at debug level',
  async () => {
    const redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
    try {
      for (const { host, port } of redis.primaries) {
        const admin = new Redis({ host, port });
        const hash = createHash('sha256').update(RIGHT).digest('hex');
        await admin.call('ACL', 'SETUSER', 'presence', 'on', `#${hash}`, '~*', '&*', '+@all');
        admin.disconnect();
      }
      const output: string[] = [];
      const pod = await startPodProcess(
        redis.nodes,
        {
          PRESENCE_LOG_LEVEL: 'debug',
          PRESENCE_REDIS_USERNAME: 'presence',
          PRESENCE_REDIS_PASSWORD: WRONG,
        },
        (text) => void output.push(text),
      );
      const text = (): string => output.join('');
      await expect.poll(text, { timeout: 60_000 }).toContain('WRONGPASS');
      pod.kill('SIGTERM');
      await pod.exited;
      expect(text()).toContain('"command":"auth"');
      expect(text()).not.toContain(WRONG);
    } finally {
      await redis.close();
    }
  },
  START_MS,
);

it(
  'nor of the administration client of the operator',
  async () => {
    const redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
    const admin = createRedisAdmin({
      username: 'presence',
      password: WRONG,
      connectTimeoutMs: 5_000,
      commandTimeoutMs: 5_000,
    });
    let text = '';
    const destination = new Writable({
      write: (chunk, _, done) => {
        text += String(chunk);
        done();
      },
    });
    const log = createLogger({ name: 'operator', level: 'debug', destination });
    try {
      for (const endpoint of redis.primaries) {
        const error: unknown = await admin.execute(endpoint, ['PING']).catch((refused: unknown) => refused);
        log.debug({ err: error }, 'a Redis server refused the login');
      }
      expect(text).toContain('WRONGPASS');
      expect(text).not.toContain(WRONG);
    } finally {
      admin.close();
      await redis.close();
    }
  },
  START_MS,
);
