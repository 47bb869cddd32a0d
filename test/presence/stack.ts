import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { hostCommand } from '../cluster/debian-root.ts';
import { outDirectory, repository } from '../cluster/paths.ts';
import { valkeyRoot } from '../cluster/redis-roots.ts';
import { createShell } from '../cluster/shell.ts';
import {
  type RedisClusterProcesses,
  startRedisCluster,
} from '../integration/redis/redis-cluster-processes.ts';

/** A Valkey cluster of three and one presence server, on loopback. */
export interface Stack {
  readonly url: string;
  readonly metrics: string;
  /** Ends when the server ends by itself. */
  readonly serverEnded: Promise<number | null>;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

export async function startStack(port: number, key: string, say: (line: string) => void): Promise<Stack> {
  const shell = createShell('/dev/null', say, new AbortController().signal);
  const server = hostCommand(await valkeyRoot(shell), '/usr/bin/valkey-server');
  const valkey = await startRedisCluster({ server, primaries: 3 });
  const child = startServer(valkey, port, key);
  const serverEnded = once(child, 'exit').then(([code]) => code as number | null);
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await serverEnded;
    await valkey.close();
  };
  try {
    const ports = await Promise.race([
      listeningPorts(child),
      serverEnded.then((code) => Promise.reject(new Error(`the server ended with ${code}; see ${LOG}`))),
    ]);
    const metrics = `http://127.0.0.1:${ports.adminPort}`;
    await untilReady(`${metrics}/readyz`);
    return {
      url: `ws://127.0.0.1:${ports.port}/v1/presence`,
      metrics: `${metrics}/metrics`,
      serverEnded,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const LOG = path.join(outDirectory, 'presence/server.log');

function startServer(valkey: RedisClusterProcesses, port: number, key: string): ChildProcess {
  mkdirSync(path.dirname(LOG), { recursive: true });
  const child = spawn(process.execPath, [path.join(repository, 'src/presence/main.ts')], {
    env: {
      ...process.env,
      PRESENCE_REDIS_NODES: valkey.nodes.join(','),
      PRESENCE_JWT_SECRET: key,
      PRESENCE_PORT: String(port),
      PRESENCE_ADMIN_PORT: '0',
      PRESENCE_PEER_HOST: '127.0.0.1',
      PRESENCE_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C comes to this program, which ends its children in order.
    detached: true,
  });
  const log = createWriteStream(LOG);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

function listeningPorts(child: ChildProcess): Promise<{ port: number; adminPort: number }> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((each) => each.includes('"msg":"listening"') && each.endsWith('}'));
      if (line !== undefined) resolve(JSON.parse(line) as { port: number; adminPort: number });
    });
  });
}

async function untilReady(url: string): Promise<void> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  while ((await fetch(url)).status !== 200) {
    if (Date.now() > giveUpAt) throw new Error(`the server is not ready; see ${LOG}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
