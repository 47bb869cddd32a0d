import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeDirectory } from '../../support/remove-directory.ts';
import { freePorts } from '../free-ports.ts';

/** One real redis-server or valkey-server, cluster-enabled, with a data directory of its own. */
export interface RedisProcess {
  readonly host: string;
  readonly port: number;
  /** Port of the cluster bus. */
  readonly busPort: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  pid(): number | undefined;
  /** SIGKILL: a crash. Resolves when the process is gone. The directory stays, so `restart` can follow. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL when that takes too long. The directory stays. */
  stop(): Promise<void>;
  /** SIGSTOP: a hang. */
  pause(): void;
  /** SIGCONT: the end of a hang. */
  resume(): void;
  /** Starts the server again on the same address and directory. */
  restart(): Promise<void>;
}

export interface RedisProcessesOptions {
  /** The argv prefix of the server binary, as `ensureTools()` gives it. */
  readonly server: readonly string[];
  readonly count: number;
  /** Further configuration, `--name value` on the command line. */
  readonly extraConfig?: Readonly<Record<string, string>>;
  /** One loopback address a process (127.0.0.x); 127.0.0.1 for all of them when left out. */
  readonly hosts?: readonly string[];
  /** The port of every process, with the bus 10,000 above; free ones when left out. */
  readonly port?: number;
}

/** Redis' own distance between the port for clients and the port of the bus. */
const BUS_OFFSET = 10_000;
const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 10_000;
const LOG_TAIL = 4_000;

/** Starts `count` cluster-enabled servers that do not know each other yet. End them with `stopRedisProcesses`. */
export async function startRedisProcesses(options: RedisProcessesOptions): Promise<RedisProcess[]> {
  const started: RedisProcess[] = [];
  try {
    for (let index = 0; index < options.count; index++) {
      const host = options.hosts?.[index] ?? '127.0.0.1';
      started.push(await startOne(options, host));
    }
  } catch (error) {
    await stopRedisProcesses(started);
    throw error;
  }
  return started;
}

/** Ends every process, each by its id, and removes the directories. */
export async function stopRedisProcesses(processes: readonly RedisProcess[]): Promise<void> {
  await Promise.all(
    processes.map(async (redis) => {
      await redis.kill();
      await removeDirectory(redis.dir);
    }),
  );
}

async function startOne(options: RedisProcessesOptions, host: string): Promise<RedisProcess> {
  const [port = 0, busPort = 0] =
    options.port === undefined ? await freePorts(host, 2) : [options.port, options.port + BUS_OFFSET];
  const dir = await mkdtemp(join(tmpdir(), 'redis-process-'));
  const argv = [...options.server, ...configuration(host, port, busPort, dir, options.extraConfig)];
  let child = await launch(argv, host, port);
  return {
    host,
    port,
    busPort,
    dir,
    pid: () => child.pid,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    restart: async () => {
      await end(child, 'SIGTERM');
      child = await launch(argv, host, port);
    },
  };
}

function configuration(
  host: string,
  port: number,
  busPort: number,
  dir: string,
  extra: Readonly<Record<string, string>> = {},
): string[] {
  const settings: Record<string, string> = {
    bind: host,
    port: String(port),
    'cluster-port': String(busPort),
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': '2000',
    'cluster-require-full-coverage': 'no',
    'cluster-allow-replica-migration': 'no',
    'cluster-replica-validity-factor': '0',
    'cluster-announce-ip': host,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'repl-diskless-sync-delay': '0',
    dir,
    daemonize: 'no',
    ...extra,
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function launch(argv: readonly string[], host: string, port: number): Promise<ChildProcess> {
  const [command, ...args] = argv;
  if (command === undefined) throw new Error('the argv of the Redis server is empty');
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithParent);
  child.once('exit', () => process.removeListener('exit', killWithParent));
  let log = '';
  const remember = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_TAIL);
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  child.once('exit', (code) => {
    // By itself, which no test asks for: nobody would see why.
    if (code !== null && code !== 0)
      process.stderr.write(`${command} on ${host}:${port} ended with ${code}: ${log}\n`);
  });
  child.once('error', (error) => {
    log += String(error);
  });
  const giveUpAt = Date.now() + STARTS_WITHIN_MS;
  while (!(await answersPing(host, port))) {
    const gone = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (gone || Date.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not come up on ${host}:${port}: ${log}`);
    }
    await delay(20);
  }
  return child;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill(signal);
  const hardEnd = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await exited;
  clearTimeout(hardEnd);
}

function answersPing(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
