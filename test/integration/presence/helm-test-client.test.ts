import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { SECRET, startPod, untilReady } from './presence-pods.ts';

const START_MS = 180_000;
const UNUSED_PORT = 9;

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

interface Outcome {
  code: number;
  output: string;
}

/** Runs a program of the chart's test pods as the pod does: by the text of its argument. */
async function runFile(name: string, env: Record<string, string>): Promise<Outcome> {
  const program = await readFile(path.join(repository, 'charts/presence-operator/files', name), 'utf8');
  const args = ['--input-type=module', '--eval', program];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: START_MS }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    );
  });
}

const connectClient = (port: number, secret: string, limit = 60): Promise<Outcome> =>
  runFile('connect-client.mjs', {
    PRESENCE_URL: `ws://127.0.0.1:${port}/v1/presence`,
    TOKEN_SECRET: secret,
    SECRET_NAME: 'wedsync-presence-auth in namespace weddings',
    LIMIT_SECONDS: String(limit),
  });

describe('the client of helm test', () => {
  it('joins and leaves a wedding on a real presence server', async () => {
    const { code, output } = await connectClient(pod.port, SECRET);
    expect(output).toContain('A client joined and left');
    expect(code).toBe(0);
  });

  it('is no browser, so spec.presence.allowedOrigins does not refuse it', async () => {
    const strict = await startPod(redis.nodes, { PRESENCE_ALLOWED_ORIGINS: 'https://app.example.org' });
    try {
      await untilReady(strict);
      expect(await connectClient(strict.port, SECRET)).toMatchObject({ code: 0 });
    } finally {
      await strict.drain();
    }
  });

  it('fails with the reason for a wrong secret, and for a server that is not there', async () => {
    const wrong = await connectClient(pod.port, 'another secret that is long enough for HS256', 0);
    expect(wrong.output).toContain('unauthorized');
    expect(wrong.code).toBe(1);
    const nowhere = await connectClient(UNUSED_PORT, SECRET, 0);
    expect(nowhere.output).toContain('cannot connect');
    expect(nowhere.code).toBe(1);
  });

  it('names the Secret that it lacks', async () => {
    const { code, output } = await connectClient(pod.port, '');
    expect(output).toContain('Secret wedsync-presence-auth in namespace weddings has no key "secret"');
    expect(code).toBe(1);
  });
});

describe('the readiness check of helm test', () => {
  const check = (url: string) => runFile('operator-ready.mjs', { READY_URL: url, LIMIT_SECONDS: '0' });

  it('passes when the address answers, and fails with the status when it does not', async () => {
    expect(await check(`http://127.0.0.1:${pod.adminPort}/readyz`)).toMatchObject({ code: 0 });
    const missing = await check(`http://127.0.0.1:${pod.adminPort}/none`);
    expect(missing.output).toContain('HTTP 404');
    expect(missing.code).toBe(1);
  });
});
