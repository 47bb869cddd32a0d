import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { PresenceCluster } from '../../../src/api/v1alpha1/kinds.ts';
import { PRESENCE_FUNCTIONS } from '../../../src/domain/presence-state/function-library.ts';
import type { Credentials, Passwords } from '../../../src/domain/resources/credentials.ts';
import type { RedisUser } from '../../../src/domain/resources/redis-acl-secret.ts';
import { redisServerName, securesBusAlone, TLS_KEYS } from '../../../src/domain/resources/redis-tls.ts';
import type { EngineName } from '../../../src/domain/topology/engine.ts';
import { BUS_PARAMETER } from '../../../src/domain/topology/live-config.ts';
import { type ObservedTopology, reachableNodes } from '../../../src/domain/topology/observed.ts';
import { planTopology } from '../../../src/domain/topology/plan.ts';
import { type ServerConfigInput, serverConfig } from '../../../src/domain/topology/server-config.ts';
import { readAclSecret, type Secret } from '../../../src/operator/credentials/acl-secret.ts';
import { ensureSecrets } from '../../../src/operator/credentials/secrets.ts';
import { readInUse } from '../../../src/operator/credentials/tls-material.ts';
import { ClusterMemory } from '../../../src/operator/memory/cluster-memory.ts';
import { rotateCredentials } from '../../../src/operator/presence-cluster/redis/rotate-credentials.ts';
import { addressesOf, executeSteps } from '../../../src/operator/redis/execute.ts';
import { type GatheredPod, gatherTopology } from '../../../src/operator/redis/gather.ts';
import { loadFunctions } from '../../../src/operator/redis/load-functions.ts';
import { createRedisAdmin, type RedisAdmin, type RedisTrust } from '../../../src/platform/redis/admin.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { MemoryKubeClient } from '../../support/memory-kube-client.ts';
import { observed } from '../../support/presence-cluster-builder.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { freePorts } from '../free-ports.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };
const SECRET = 'Secret/wedsync-redis-acl';
const WITHIN_MS = 90_000;
// Nothing is said of servers that hang; that a loaded machine answers late is no finding.
const TIMEOUTS = { connectTimeoutMs: 15_000, commandTimeoutMs: 15_000 };
/** For the test itself: the operator may not close the connections of others. */
const TESTER = 'user tester reset on nopass ~* &* +@all\n';
const { signal } = new AbortController();

/** A pod with the ports of its server. */
interface Place extends GatheredPod {
  readonly ip: string;
  readonly port: number;
  readonly busPort: number;
}

/** Six servers with the shipped configuration, whose users are those of the operator's Secret. */
export class SecuredCluster {
  readonly kube = new MemoryKubeClient();
  readonly #server: readonly string[];
  readonly #cluster: PresenceCluster;
  readonly #engine: EngineName;
  readonly #directory: string;
  readonly #pods: readonly Place[];
  readonly #processes = new Map<string, ChildProcess>();
  #admin: { password: string; ca: string | undefined; admin: RedisAdmin } | undefined;

  private constructor(
    cluster: PresenceCluster,
    engine: EngineName,
    server: readonly string[],
    pods: readonly Place[],
    directory: string,
  ) {
    this.#cluster = cluster;
    this.#engine = engine;
    this.#server = server;
    this.#directory = directory;
    this.#pods = pods;
  }

  static async start(
    cluster: PresenceCluster,
    engine: EngineName,
    server: readonly string[],
    network: string,
    now = new Date(),
  ): Promise<SecuredCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'secured-cluster-'));
    const pods = await placesOn(network);
    const made = new SecuredCluster(cluster, engine, server, pods, directory);
    const { spec } = cluster;
    await ensureSecrets({ client: made.kube, cluster, spec, serversRun: false, now, signal });
    await made.writeFiles();
    for (const index of made.#pods.keys()) await made.#launch(index);
    return made;
  }

  get nodes(): string[] {
    return this.#pods.map(({ ip, port }) => `${ip}:${port}`);
  }

  /** Where a presence pod finds its password. */
  get passwordFile(): string {
    return join(this.#directory, 'redis-password');
  }

  configInput(index: number): ServerConfigInput {
    return {
      engine: this.#engine,
      profile: 'Standard',
      port: this.#pods[index]?.port ?? 0,
      dataDirectory: join(this.#directory, `data-${index}`),
      aclFile: join(this.#directory, 'users.acl'),
      replicationAuthFile: join(this.#directory, 'replication.conf'),
      maxmemoryBytes: 2 ** 26,
      ...(this.#cluster.spec.redis.tls === undefined ? {} : { tlsDirectory: this.#directory }),
      ...(securesBusAlone(this.#cluster.spec) ? { busDirectory: this.#directory } : {}),
    };
  }

  /** What the kubelet does: the files of every pod are what the Secret says now. */
  async writeFiles(): Promise<void> {
    const text = (key: string) => Buffer.from(this.#secret().data?.[key] ?? '', 'base64').toString();
    await this.#write('users.acl', text('users.acl') + TESTER);
    await this.#write('replication.conf', text('replication.conf'));
    await this.#write('redis-password', text('presence-password'));
    const { data = {} } = (this.kube.of('Secret/wedsync-redis-tls') ?? {}) as Secret;
    for (const file of Object.values(TLS_KEYS)) {
      if (data[file] !== undefined) await this.#write(file, Buffer.from(data[file], 'base64').toString());
    }
  }

  /** Where the servers have their certificate, and a presence pod the authorities. */
  get tlsDirectory(): string {
    return this.#directory;
  }

  /** By what clients know the servers; undefined without TLS. */
  trust(): RedisTrust | undefined {
    // Without it the Secret is for the bus alone.
    if (this.#cluster.spec.redis.tls === undefined) return undefined;
    const secret = this.kube.of('Secret/wedsync-redis-tls') as Secret | undefined;
    const inUse = secret && readInUse(secret);
    return inUse && { ca: inUse.authorities.join(''), servername: redisServerName(this.#cluster) };
  }

  credentials(): Credentials {
    const { credentials, problem } = readAclSecret(this.#cluster, this.#secret());
    if (credentials === undefined) throw new Error(problem?.message);
    return credentials;
  }

  passwords(): Passwords {
    return this.credentials().passwords;
  }

  /** Connections as the operator has them, with the password that is in the Secret now. */
  admin(): RedisAdmin {
    const { operator: password } = this.passwords();
    const tls = this.trust();
    if (this.#admin?.password !== password || this.#admin.ca !== tls?.ca) {
      this.forgetConnections();
      const login = { username: 'operator', password, ...(tls && { tls }) };
      this.#admin = { password, ca: tls?.ca, admin: createRedisAdmin({ ...login, ...TIMEOUTS }) };
    }
    return (this.#admin as { admin: RedisAdmin }).admin;
  }

  forgetConnections(): void {
    this.#admin?.admin.close();
    this.#admin = undefined;
  }

  /** What every server says; waits until all do. */
  look(): Promise<ObservedTopology> {
    return eventually({ what: 'all servers answer', withinSeconds: WITHIN_MS / 1_000 }, async () => {
      const observed = await gatherTopology(this.admin(), this.#pods);
      return reachableNodes(observed).length === this.#pods.length && observed;
    });
  }

  /** One pass of the operator at an instant of the wall clock. */
  async rotate(cluster: PresenceCluster, now: Date): Promise<void> {
    const refused: string[] = [];
    const events = {
      record: (_: unknown, reason: string, note: string) => {
        if (reason === 'RedisStepFailed') refused.push(note);
      },
    };
    const seen = observed({
      cluster,
      now,
      topology: await this.look(),
      aclSecret: readAclSecret(cluster, this.#secret()),
    });
    const tools = {
      client: this.kube,
      admin: this.admin(),
      events,
      memory: new ClusterMemory(),
      signal,
      results: { refused: [] },
    };
    await rotateCredentials({ observed: seen }, tools as unknown as Parameters<typeof rotateCredentials>[1]);
    if (refused.length > 0) throw new Error(refused.join('; '));
  }

  /** Whether each server takes the password. */
  logins(user: RedisUser, password: string): Promise<boolean[]> {
    return Promise.all(
      this.#pods.map(async ({ ip, port }) => {
        const tls = this.trust();
        const admin = createRedisAdmin({ username: user, password, ...TIMEOUTS, ...(tls && { tls }) });
        const answer = await admin.execute({ host: ip, port }, ['PING']).catch((error: Error) => error);
        admin.close();
        if (answer instanceof Error && !/WRONGPASS|NOAUTH/.test(answer.message)) throw answer;
        return answer === 'PONG';
      }),
    );
  }

  /** Closes every connection but those of the bus. */
  async closeConnections(): Promise<void> {
    for (const pod of this.#pods) {
      const tester = this.#tester(pod);
      for (const type of ['normal', 'pubsub', 'replica']) await tester.call('CLIENT', 'KILL', 'TYPE', type);
      tester.disconnect();
    }
  }

  /** How many connections of the user the servers have. */
  async connectionsOf(user: RedisUser): Promise<number> {
    const lists = await Promise.all(
      this.#pods.map(async (pod) => {
        const tester = this.#tester(pod);
        const list = String(await tester.call('CLIENT', 'LIST'));
        tester.disconnect();
        return list.split('\n').filter((line) => line.includes(` user=${user} `)).length;
      }),
    );
    return lists.reduce((sum, count) => sum + count, 0);
  }

  processIds(): (number | undefined)[] {
    return this.#pods.map(({ pod }) => this.#processes.get(pod)?.pid);
  }

  /** A container that ends and is started anew, with the files that are there. */
  async restart(index: number): Promise<void> {
    const pod = this.#pods[index];
    if (pod === undefined) throw new Error(`there is no pod ${index}`);
    await this.#end(this.#processes.get(pod.pod), 'SIGKILL');
    await this.#launch(index);
    const up = async () => {
      const tester = this.#tester(pod, true);
      return (
        (await tester
          .ping()
          .catch(() => '')
          .finally(() => tester.disconnect())) === 'PONG'
      );
    };
    await eventually({ what: 'the server is back', withinSeconds: WITHIN_MS / 1_000 }, up);
  }

  /** Forms or heals the Redis Cluster as the operator does, and gives it the functions. */
  async steady(): Promise<void> {
    const giveUpAt = Date.now() + WITHIN_MS;
    for (;;) {
      const topology = await gatherTopology(this.admin(), this.#pods);
      const plan = planTopology(topology, DESIRED);
      if (plan.state === 'Steady') {
        await loadFunctions(this.admin(), topology, PRESENCE_FUNCTIONS);
        return;
      }
      if (Date.now() > giveUpAt) throw new Error(`${plan.state}: ${plan.reason}`);
      await executeSteps({ admin: this.admin(), clock: systemClock }, plan.steps, addressesOf(topology));
      await delay(100);
    }
  }

  async close(): Promise<void> {
    this.forgetConnections();
    await Promise.all([...this.#processes.values()].map((child) => this.#end(child, 'SIGKILL')));
    await removeDirectory(this.#directory);
  }

  #tester({ ip: host, port }: Place, lazyConnect = false): Redis {
    const tls = this.trust();
    const login = { username: 'tester', password: 'any', ...(tls && { tls }) };
    return new Redis({ host, port, protocol: 2, lazyConnect, ...login }).on('error', () => {});
  }

  #secret(): Secret {
    return this.kube.of(SECRET) as Secret;
  }

  /** At once, as the kubelet does it. */
  async #write(name: string, text: string): Promise<void> {
    const path = join(this.#directory, name);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  async #launch(index: number): Promise<void> {
    const input = this.configInput(index);
    await mkdir(input.dataDirectory, { recursive: true });
    const config = join(input.dataDirectory, 'redis.conf');
    const bus = input.busDirectory === undefined ? [] : [`${BUS_PARAMETER} yes`];
    await writeFile(config, [...serverConfig(input), ...bus].join('\n'));
    const { ip = '', pod = '', busPort } = this.#pods[index] ?? {};
    const [command = '', ...prefix] = this.#server;
    const place = ['--bind', ip, '--cluster-announce-ip', ip, '--cluster-port', String(busPort)];
    const argv = [...prefix, config, ...place];
    this.#processes.set(pod, spawn(command, argv, { stdio: 'ignore' }));
  }

  async #end(child: ChildProcess | undefined, by: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(by);
    await exited;
  }
}

/** All have one port, as pods have, each at its own address. */
async function placesOn(network: string): Promise<Place[]> {
  const [port = 0, busPort = 0] = await freePorts(`${network}.1`, 2);
  return Array.from({ length: 6 }, (_, index) => {
    const shard = Math.floor(index / 2);
    const ip = `${network}.${index + 1}`;
    return { pod: `redis-${shard}-${index % 2}`, shard, ip, port, busPort, terminating: false };
  });
}
