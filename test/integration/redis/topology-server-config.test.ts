import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRESENCE_FUNCTIONS } from '../../../src/domain/presence-state/function-library.ts';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import { aclFile } from '../../../src/domain/topology/acl.ts';
import { ENGINES, type EngineName } from '../../../src/domain/topology/engine.ts';
import { ATTEMPT_HOLD_MS } from '../../../src/domain/topology/failover.ts';
import {
  type ObservedNode,
  type ObservedTopology,
  type ReachableNode,
  reachableNodes,
} from '../../../src/domain/topology/observed.ts';
import { planTopology } from '../../../src/domain/topology/plan.ts';
import { serverConfig } from '../../../src/domain/topology/server-config.ts';
import type { MoveSlotsStep } from '../../../src/domain/topology/step.ts';
import { addressesOf, executeSteps } from '../../../src/operator/redis/execute.ts';
import { type GatheredPod, gatherTopology } from '../../../src/operator/redis/gather.ts';
import { loadFunctions, nameFunctions } from '../../../src/operator/redis/load-functions.ts';
import { createRedisAdmin, type RedisAdmin, type RedisEndpoint } from '../../../src/platform/redis/admin.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { slotOf } from '../../support/slot-of.ts';
import { freePorts } from '../free-ports.ts';

const tools = await ensureTools();
const DESIRED = { shards: 3, replicasPerShard: 1 };
const WITHIN_MS = 90_000;
/** Nothing is said here of servers that hang; that a loaded machine answers late is no finding. */
const TIMEOUTS = { connectTimeoutMs: 15_000, commandTimeoutMs: 15_000 };
/** Longer than the test looks: whoever is the primary by then was made so by the server that ended. */
const LONG_NODE_TIMEOUT_MS = 60_000;
const HANDED_OVER_WITHIN_SECONDS = 40;
const USERS = ['operator', 'presence', 'probe', 'replication'] as const;
type User = (typeof USERS)[number];

const password = (user: User): string => `secret of ${user}`;
const hash = (user: User): string => createHash('sha256').update(password(user)).digest('hex');

describe.each<{ engine: EngineName; server: string[]; net: number }>([
  { engine: 'valkey', server: tools.valkeyServer, net: 2 },
  { engine: 'redis', server: tools.redisServer, net: 3 },
])('the shipped configuration and ACL on $engine', ({ engine, server, net }) => {
  const pods: GatheredPod[] = [];
  const processes = new Map<string, ChildProcess>();
  const admins = new Map<User, RedisAdmin>();
  let directory: string;

  const as = (user: User): RedisAdmin => {
    const admin = admins.get(user);
    if (admin === undefined) throw new Error(`no connections for ${user}`);
    return admin;
  };
  const look = (): Promise<ObservedTopology> => gatherTopology(as('operator'), pods);

  async function launch(index: number, acl: string, auth: string): Promise<void> {
    const shard = Math.floor(index / 2);
    const ip = `127.0.${net}.${index + 1}`;
    const [port = 0, busPort = 0] = await freePorts(ip, 2);
    const pod = { pod: `redis-${shard}-${index % 2}`, shard, ip, port, terminating: false };
    pods.push(pod);
    const dataDirectory = await mkdtemp(join(directory, 'data-'));
    const config = join(dataDirectory, 'redis.conf');
    const lines = serverConfig({
      engine,
      profile: 'Standard',
      port,
      dataDirectory,
      aclFile: acl,
      replicationAuthFile: auth,
      maxmemoryBytes: 2 ** 26,
    });
    await writeFile(config, lines.join('\n'));
    const [command = '', ...prefix] = server;
    const place = ['--bind', ip, '--cluster-announce-ip', ip, '--cluster-port', String(busPort)];
    processes.set(pod.pod, spawn(command, [...prefix, config, ...place], { stdio: 'ignore' }));
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'server-config-'));
    const hashes = { operator: hash('operator'), presence: hash('presence'), probe: hash('probe') };
    const acl = join(directory, 'users.acl');
    const auth = join(directory, 'replication.conf');
    await writeFile(acl, aclFile({ ...hashes, replication: hash('replication') }, engine));
    await writeFile(auth, `masteruser replication\nmasterauth "${password('replication')}"\n`);
    for (let index = 0; index < 6; index++) await launch(index, acl, auth);
    for (const user of USERS) {
      const options = { username: user, password: password(user) };
      admins.set(user, createRedisAdmin({ ...options, ...TIMEOUTS }));
    }
  });

  afterAll(async () => {
    for (const admin of admins.values()) admin.close();
    await Promise.all([...processes.values()].map((child) => end(child, 'SIGKILL')));
    await removeDirectory(directory);
  });

  async function steady(): Promise<ObservedTopology> {
    const giveUpAt = Date.now() + WITHIN_MS;
    for (;;) {
      const observed = await look();
      const plan = planTopology(observed, DESIRED);
      if (plan.state === 'Steady') return observed;
      if (Date.now() > giveUpAt) throw new Error(`${plan.state}: ${plan.reason}`);
      const results = await executeSteps(
        { admin: as('operator'), clock: systemClock },
        plan.steps,
        addressesOf(observed),
      );
      // What else a server refuses or is late with is done by the next pass.
      const failures = results.flatMap((each) => (each.outcome === 'Failed' ? [each.error.message] : []));
      expect(failures.filter((message) => /NOPERM|permission/.test(message))).toEqual([]);
      await delay(100);
    }
  }

  /** Sends the command to the primary that owns its key. */
  async function send(user: User, ...command: string[]): Promise<unknown> {
    const primaries = (await steady()).nodes.filter((node) => node.reachable && node.role === 'primary');
    for (const node of primaries) {
      const reply = await as(user)
        .execute(addressOf(node), command)
        .catch((error: Error) => error);
      if (!(reply instanceof Error)) return reply;
      if (!reply.message.startsWith('MOVED')) throw reply;
    }
    throw new Error(`no primary owns the key of ${command.join(' ')}`);
  }

  it('forms a Redis Cluster, replication included, with the rights of the operator alone', async () => {
    const observed = await steady();
    expect(observed.nodes.map((node) => node.reachable && node.engine.name)).toEqual(pods.map(() => engine));
  });

  it('loads the function library once, and again when its source differs', async () => {
    const observed = await steady();
    const outcomes = async (source: string) =>
      (await loadFunctions(as('operator'), observed, { ...PRESENCE_FUNCTIONS, source })).map(
        (result) => result.outcome,
      );
    const areNamed = () => nameFunctions(as('operator'), observed, PRESENCE_FUNCTIONS);
    expect(await areNamed()).toBe(false);
    expect(await outcomes(PRESENCE_FUNCTIONS.source)).toEqual(['Loaded', 'Loaded', 'Loaded']);
    expect(await areNamed()).toBe(true);
    expect(await outcomes(PRESENCE_FUNCTIONS.source)).toEqual(['Present', 'Present', 'Present']);
    expect(await outcomes(`${PRESENCE_FUNCTIONS.source}\n-- newer`)).toEqual(['Loaded', 'Loaded', 'Loaded']);
    expect(await outcomes(`#!lua name=${PRESENCE_FUNCTIONS.name}\nsyntax error`)).toEqual([
      'Failed',
      'Failed',
      'Failed',
    ]);
  });

  it.each(ENGINES[engine].movesSlotsAtomically ? (['Atomic', 'Classic'] as const) : (['Classic'] as const))(
    'moves slots with their keys (%s) with the rights of the operator and of replication',
    async (method) => {
      const key = `pr:{${method}}:moved`;
      await send('presence', 'SET', key, 'kept');
      const slot = slotOf(key);
      const nodes = (await steady()).nodes.filter((node) => node.reachable && node.slots.length > 0);
      const owner = nodes.find((node) =>
        (node as ReachableNode).slots.some(({ start, end }) => start <= slot && slot <= end),
      ) as ReachableNode;
      const target = nodes.find((node) => node !== owner) as ReachableNode;
      const move = async (from: ReachableNode, to: ReachableNode): Promise<string | undefined> => {
        const step: MoveSlotsStep = {
          kind: 'moveSlots',
          pod: from.pod,
          sourceId: from.id,
          target: to.pod,
          targetId: to.id,
          slots: [{ start: slot, end: slot }],
          method,
          because: 'a test',
        };
        const tools = { admin: as('operator'), clock: systemClock };
        const [result] = await executeSteps(tools, [step], addressesOf({ nodes }));
        return result?.outcome === 'Failed' ? result.error.message : undefined;
      };
      const owns = async ({ id }: ReachableNode): Promise<boolean> =>
        reachableNodes(await steady()).some(
          (node) => node.id === id && node.slots.some(({ start, end }) => start <= slot && slot <= end),
        );
      // A pass of the operator moves for some seconds; the next one goes on.
      const untilMoved = (from: ReachableNode, to: ReachableNode) =>
        eventually({ what: `${to.pod} has the slot`, withinSeconds: WITHIN_MS / 1_000 }, async () => {
          if (await owns(to)) return true;
          const failure = await move(from, to);
          if (failure !== undefined) throw new Error(failure);
          return owns(to);
        });
      await untilMoved(owner, target);
      expect(await as('presence').execute(target.address, ['GET', key])).toBe('kept');
      await untilMoved(target, owner);
    },
  );

  it('lets the presence user do what the presence server does, on its own keys only', async () => {
    const keys = weddingKeys('w1');
    const [connections = ''] = keys;
    const common = ['pod-1', '3000', '60000', '', '0', 'stamp'];
    const put = ['c1', 'ada', '{}', '5000', '', '100', '1', 'planner', '10'];
    await loadFunctions(as('operator'), await steady(), PRESENCE_FUNCTIONS);

    await send(
      'presence',
      'FCALL',
      `${PRESENCE_FUNCTIONS.name}_put`,
      String(keys.length),
      ...keys,
      ...common,
      ...put,
    );
    expect(await send('presence', 'HEXISTS', connections, 'c1')).toBe(1);
    expect(String(await send('presence', 'INFO', 'server'))).toContain('uptime');
    expect(await send('presence', 'CLUSTER', 'SLOTS')).toHaveLength(DESIRED.shards);
    for (const command of [
      ['HSET', '{w:w1}', 'field', 'value'],
      ['SPUBLISH', '{w:w1}', 'message'],
      ['KEYS', 'pr:*'],
      ['FLUSHALL'],
      ['CONFIG', 'GET', '*'],
      ['CLUSTER', 'RESET'],
      ['FUNCTION', 'FLUSH'],
    ]) {
      await expect(send('presence', ...command)).rejects.toThrow(/permission/);
    }
  });

  it.each<{ user: User; may: string[]; mayNot: string[][] }>([
    { user: 'probe', may: ['ROLE'], mayNot: [['GET', 'pr:x'], ['SHUTDOWN'], ['CLUSTER', 'FORGET', 'x']] },
    {
      user: 'operator',
      may: ['CLUSTER', 'INFO'],
      mayNot: [['GET', 'pr:x'], ['SHUTDOWN'], ['CLUSTER', 'RESET']],
    },
    { user: 'replication', may: ['PING'], mayNot: [['GET', 'pr:x'], ['SHUTDOWN'], ['CLUSTER', 'NODES']] },
  ])('gives the user $user its own commands and no more', async ({ user, may, mayNot }) => {
    await expect(send(user, ...may)).resolves.toBeDefined();
    for (const command of mayNot) {
      await expect(send(user, ...command)).rejects.toThrow(/permission/);
    }
  });

  it('knows no user without a name, and no wrong password', async () => {
    for (const user of ['default', 'operator']) {
      const stranger = createRedisAdmin({ username: user, password: 'guess', ...TIMEOUTS });
      const pod = pods[0];
      const place = { host: pod?.ip ?? '', port: pod?.port ?? 0 };
      await expect(stranger.execute(place, ['PING'])).rejects.toThrow(/WRONGPASS|NOAUTH/);
      stranger.close();
    }
  });

  it('hands a primary over when the probe user asks its replica to', async () => {
    const observed = await steady();
    const replica = observed.nodes.find((node) => node.reachable && node.role === 'replica');
    if (!replica?.reachable) throw new Error('there is no replica');
    const { address } = replica;
    const asked = () => as('probe').execute(address, ['CLUSTER', 'FAILOVER']);
    expect(await asked()).toBe('OK');
    let askedMs = performance.now();
    await eventually({ what: 'handed over', withinSeconds: WITHIN_MS / 1_000 }, async () => {
      if (((await as('probe').execute(address, ['ROLE'])) as unknown[]).includes('master')) return true;
      if (performance.now() - askedMs > ATTEMPT_HOLD_MS) {
        // The servers gave it up, because one of them was late.
        await asked();
        askedMs = performance.now();
      }
      return false;
    });
    await steady();
  });

  it('hands a primary over when it is told to stop, on the engine whose table says so', async () => {
    const before = await steady();
    const primary = before.nodes.find((node) => node.reachable && node.role === 'primary');
    const child = processes.get(primary?.pod ?? '');
    if (!primary?.reachable || child === undefined) throw new Error('there is no primary');
    for (const node of before.nodes) {
      const command = ['CONFIG', 'SET', 'cluster-node-timeout', String(LONG_NODE_TIMEOUT_MS)];
      await as('operator').execute(addressOf(node), command);
    }
    await end(child, 'SIGTERM');
    const isHandedOver = async () => {
      const { primary: heir } = planTopology(await look(), DESIRED).shards[primary.shard] ?? {};
      return heir !== undefined && heir !== primary.pod;
    };
    if (ENGINES[engine].failsOverOnSigterm) {
      const patience = { what: 'handed over', withinSeconds: HANDED_OVER_WITHIN_SECONDS };
      await eventually(patience, isHandedOver);
    } else {
      expect(await isHandedOver()).toBe(false);
    }
  });
});

function addressOf(node: ObservedNode): RedisEndpoint {
  if (node.address === undefined) throw new Error(`${node.pod} has no address`);
  return node.address;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
