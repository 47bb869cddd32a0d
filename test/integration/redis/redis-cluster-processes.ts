import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from './redis-processes.ts';

/** A formed cluster of real processes on loopback. */
export interface RedisClusterProcesses {
  readonly primaries: readonly RedisProcess[];
  /** `replicas[i]` follows `primaries[i]`; empty without replicas. */
  readonly replicas: readonly RedisProcess[];
  /** `host:port` of all of them, as start nodes for a client. */
  readonly nodes: readonly string[];
  close(): Promise<void>;
}

export interface RedisClusterOptions {
  readonly server: readonly string[];
  readonly primaries: number;
  readonly replicasPerPrimary?: 0 | 1;
  readonly extraConfig?: Readonly<Record<string, string>>;
}

const SLOTS = 16_384;
const FORMS_WITHIN_MS = 90_000;

/** Starts the processes, gives the slots out, lets them meet, and waits until every node calls the cluster `ok`. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisClusterProcesses> {
  const count = options.primaries * (1 + (options.replicasPerPrimary ?? 0));
  const processes = await startRedisProcesses({ ...options, count });
  const admins = processes.map(adminConnection);
  try {
    const primaries = processes.slice(0, options.primaries);
    const replicas = processes.slice(options.primaries);
    await formCluster(admins, processes, options.primaries);
    return {
      primaries,
      replicas,
      nodes: processes.map((node) => `${node.host}:${node.port}`),
      close: () => stopRedisProcesses(processes),
    };
  } catch (error) {
    await stopRedisProcesses(processes);
    throw error;
  } finally {
    for (const admin of admins) admin.disconnect();
  }
}

async function formCluster(admins: readonly Redis[], processes: readonly RedisProcess[], primaries: number) {
  const [first] = admins;
  if (first === undefined) throw new Error('a cluster needs at least one process');
  for (const [index, admin] of admins.entries()) {
    // Those that become replicas get the lower ones; see `bumpEpochSteps`.
    const epoch = 1 + ((index + processes.length - primaries) % processes.length);
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', epoch);
    if (index >= primaries) continue;
    const from = Math.floor((SLOTS * index) / primaries);
    const to = Math.floor((SLOTS * (index + 1)) / primaries) - 1;
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
  }
  await meet(first, processes.slice(1));
  await everyNode(admins, async (admin) => {
    const info = String(await admin.call('CLUSTER', 'INFO'));
    const nodes = String(await admin.call('CLUSTER', 'NODES'));
    const all = info.includes(`cluster_known_nodes:${processes.length}`) && !nodes.includes('handshake');
    return all && info.includes('cluster_state:ok');
  });
  for (const [index, replica] of admins.slice(primaries).entries()) {
    const id = String(await admins[index]?.call('CLUSTER', 'MYID'));
    await replica.call('CLUSTER', 'REPLICATE', id);
  }
  await everyNode(admins.slice(primaries), async (replica) =>
    String(await replica.call('INFO', 'replication')).includes('master_link_status:up'),
  );
}

/** Lets the first node meet the others, and waits until it knows them. */
export async function introduce(first: RedisProcess, others: readonly RedisProcess[]): Promise<void> {
  const admin = adminConnection(first);
  try {
    await meet(admin, others);
  } finally {
    admin.disconnect();
  }
}

/** Again for those that did not answer in time: the nodes forget a handshake that takes longer than their time-out. */
async function meet(first: Redis, others: readonly RedisProcess[]): Promise<void> {
  await everyNode([first], async () => {
    const rows = String(await first.call('CLUSTER', 'NODES')).split('\n');
    const unknown = others.filter(({ host, port }) => !rows.some((row) => row.includes(` ${host}:${port}@`)));
    for (const { host, port, busPort } of unknown) await first.call('CLUSTER', 'MEET', host, port, busPort);
    return unknown.length === 0 && !rows.some((row) => row.includes('handshake'));
  });
}

async function everyNode(admins: readonly Redis[], holds: (admin: Redis) => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + FORMS_WITHIN_MS;
  for (const admin of admins) {
    while (!(await holds(admin))) {
      if (Date.now() > giveUpAt) throw new Error('the nodes did not form a cluster in time');
      await delay(50);
    }
  }
}

function adminConnection(node: RedisProcess): Redis {
  return new Redis({ host: node.host, port: node.port, protocol: 2 });
}
