import { Redis } from 'ioredis';
import { podEnvironment, SECRET } from '../../integration/presence/presence-pods.ts';
import {
  type RedisClusterProcesses,
  startRedisCluster,
} from '../../integration/redis/redis-cluster-processes.ts';
import { startRedisProcesses, stopRedisProcesses } from '../../integration/redis/redis-processes.ts';
import type { Programs } from './programs.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** What one row asks of its nodes. */
export interface NodeOptions {
  /** CPUs that the node may use; all when left out. */
  readonly cpus?: string | undefined;
  /** Further settings, of ours only. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One of the things that are compared. */
export interface Stack {
  readonly name: 'ours' | 'socket.io' | 'ws';
  startNode(options?: NodeOptions): Promise<ServerProcess>;
  /** How a node is ended when nothing about its end is measured. */
  readonly endSignal: NodeJS.Signals;
  /** CPU time that the Redis of this stack has used so far. */
  redisCpuMicros(): Promise<number>;
  /** The processes of the Redis of this stack. */
  redisPids(): Promise<number[]>;
  /** Forgets all presence, so that a round starts as the first did. */
  flush(): Promise<void>;
}

export interface Stacks {
  readonly all: readonly Stack[];
  readonly secret: string;
  close(): Promise<void>;
}

export interface StackOptions {
  readonly programs: Programs;
  readonly valkeyServer: readonly string[];
  /** Of ours: the time in which a drain moves everybody, and the grace of somebody who is reconnecting. */
  readonly drainSeconds: number;
  readonly graceSeconds: number;
  /** Further flags of Node for the servers. */
  readonly flags: readonly string[];
}

/** Ours on a cluster of three primaries, which it is made for; each peer on one Valkey, as its own guide has it. */
export async function startStacks(options: StackOptions): Promise<Stacks> {
  const cluster = await startRedisCluster({ server: options.valkeyServer, primaries: 3 });
  const [single] = await startRedisProcesses({
    server: options.valkeyServer,
    count: 1,
    extraConfig: { 'cluster-enabled': 'no' },
  });
  if (single === undefined) throw new Error('no Valkey for the peers');
  const ofCluster = cluster.primaries.map(({ host, port }) => new Redis({ host, port, protocol: 2 }));
  const ofSingle = [new Redis({ host: single.host, port: single.port, protocol: 2 })];
  const peer = (name: 'socket.io' | 'ws', program: string): Stack => ({
    name,
    endSignal: endSignal(options),
    startNode: (node) => start(options, program, { REDIS: `${single.host}:${single.port}` }, node?.cpus),
    ...redisOf(ofSingle),
  });
  return {
    all: [
      ours(options, cluster, ofCluster),
      peer('socket.io', options.programs.socketIo),
      peer('ws', options.programs.bareWs),
    ],
    secret: SECRET,
    close: async () => {
      for (const redis of [...ofCluster, ...ofSingle]) redis.disconnect();
      await Promise.all([cluster.close(), stopRedisProcesses([single])]);
    },
  };
}

function ours(options: StackOptions, cluster: RedisClusterProcesses, redis: readonly Redis[]): Stack {
  const environment = podEnvironment(cluster.nodes, {
    PRESENCE_LOG_LEVEL: 'info',
    PRESENCE_DRAIN_SECONDS: String(options.drainSeconds),
    PRESENCE_RECONNECT_GRACE_SECONDS: String(options.graceSeconds),
  });
  return {
    name: 'ours',
    endSignal: endSignal(options),
    startNode: (node) =>
      start(options, options.programs.ours, { ...environment, ...node?.environment }, node?.cpus),
    ...redisOf(redis),
  };
}

/** A process that is killed writes no profile. */
function endSignal(options: StackOptions): NodeJS.Signals {
  return options.flags.length > 0 ? 'SIGTERM' : 'SIGKILL';
}

function start(
  options: StackOptions,
  program: string,
  environment: Record<string, string>,
  cpus: string | undefined,
): Promise<ServerProcess> {
  return startServer({ program, probe: options.programs.probe, environment, flags: options.flags, cpus });
}

function redisOf(nodes: readonly Redis[]): Pick<Stack, 'redisCpuMicros' | 'redisPids' | 'flush'> {
  return {
    redisCpuMicros: async () => {
      const infos = await Promise.all(nodes.map((node) => node.info('cpu')));
      return infos.reduce((sum, info) => sum + cpuMicros(info), 0);
    },
    redisPids: async () => {
      const infos = await Promise.all(nodes.map((node) => node.info('server')));
      return infos.map((info) => Number(/^process_id:(\d+)/m.exec(info)?.[1]));
    },
    flush: async () => void (await Promise.all(nodes.map((node) => node.flushall()))),
  };
}

/** `used_cpu_sys` and `used_cpu_user` of INFO, in seconds there. */
function cpuMicros(info: string): number {
  const seconds = (name: string): number => Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1]);
  return 1e6 * (seconds('used_cpu_sys') + seconds('used_cpu_user'));
}
