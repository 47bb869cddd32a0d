import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureTools } from '../../cluster/tools.ts';
import { introduce } from '../redis/redis-cluster-processes.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from '../redis/redis-processes.ts';
import { eventually, type PodProcess, startPodProcess, untilReady } from './presence-pods.ts';
import { startTcpBalancer, type TcpBalancer } from './tcp-balancer.ts';

const START_MS = 180_000;
const SLOTS = 16_384;
/** Three tries of a canary and a new client; and a loaded machine. */
const MADE_ANEW_WITHIN_MS = 60_000;
/** Gossip among three nodes, the next look at the slots, canaries; and a loaded machine. */
const WHOLE_WITHIN_MS = 60_000;

let processes: RedisProcess[];
let admins: Redis[];
let service: TcpBalancer;
let pod: PodProcess | undefined;

/** Gives out the slots, as the operator does, before any node knows another; the first is to call that a failure. */
beforeEach(async () => {
  const { valkeyServer } = await ensureTools();
  processes = await startRedisProcesses({ server: valkeyServer, count: 3 });
  admins = processes.map(({ host, port }) => new Redis({ host, port, protocol: 2 }));
  await admins[0]?.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
  for (const [index, admin] of admins.entries()) {
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    const from = Math.floor((SLOTS * index) / admins.length);
    const to = Math.floor((SLOTS * (index + 1)) / admins.length) - 1;
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
  }
  await Promise.all(admins.slice(1).map((admin) => untilState(admin, 'ok')));
  service = await startTcpBalancer(processes[0]?.port ?? 0);
}, START_MS);

afterEach(async () => {
  pod?.kill('SIGKILL');
  await pod?.exited;
  for (const admin of admins ?? []) admin.disconnect();
  await service?.close();
  await stopRedisProcesses(processes ?? []);
}, START_MS);

async function untilState(admin: Redis | undefined, state: 'ok' | 'fail'): Promise<void> {
  await eventually(
    async () => String(await admin?.call('CLUSTER', 'INFO')),
    (info) => info.includes(`cluster_state:${state}`),
  );
}

/** How often a node was sent a command of CLUSTER since its counts were set to nothing. */
async function countOf(admin: Redis | undefined, command: 'slots' | 'info'): Promise<number> {
  const stats = String(await admin?.call('INFO', 'commandstats'));
  return Number(new RegExp(`^cmdstat_cluster\\|${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
}

/** The primaries through which what this server publishes comes back to it. */
async function singing({ adminPort }: PodProcess): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return [...text.matchAll(/^presence_canary_singing\{.*\} 1$/gm)].length;
}

describe('a server that starts while its Redis Cluster is being formed', () => {
  it(
    'goes on although it has seen halves of it that did not fit, and subscribes on every primary of the whole',
    async () => {
      const [first, second] = admins;
      await Promise.all(admins.map((admin) => admin.call('CONFIG', 'RESETSTAT')));
      pod = await startPodProcess([`127.0.0.1:${service.port}`]);
      const ended = pod.exited.then((code) => Promise.reject(new Error(`the server ended with ${code}`)));
      ended.catch(() => {});
      // It learns the slots of the first node, which is not ready to serve them.
      await eventually(
        () => countOf(first, 'slots'),
        (count) => count > 0,
      );
      // The second serves its own and knows no other: there is nobody to subscribe with to the slots of the first.
      service.target = processes[1]?.port ?? 0;
      // A client asks this once, when it connects. The second is one that has subscriptions from its beginning, and meets
      // a node that knows the slots of none but itself.
      await eventually(
        () => countOf(second, 'info'),
        (count) => count > 1,
        MADE_ANEW_WITHIN_MS,
      );
      await introduce(processes[0] as RedisProcess, processes.slice(1));
      await untilState(first, 'ok');
      await Promise.race([ended, untilReady(pod)]);
      const whole = eventually(
        () => singing(pod as PodProcess),
        (count) => count === admins.length,
        WHOLE_WITHIN_MS,
      );
      expect(await Promise.race([ended, whole])).toBe(admins.length);
    },
    START_MS,
  );
});
