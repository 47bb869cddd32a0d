import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceCluster } from '../../../src/api/v1alpha1/kinds.ts';
import { FILES_SETTLE_MS, OLD_TAKEN_MS } from '../../../src/domain/resources/credentials.ts';
import { ENGINES, type EngineName } from '../../../src/domain/topology/engine.ts';
import { splitConfig } from '../../../src/domain/topology/live-config.ts';
import { reachableNodes } from '../../../src/domain/topology/observed.ts';
import { serverConfig } from '../../../src/domain/topology/server-config.ts';
import type { ReconcilePlan } from '../../../src/operator/presence-cluster/plan/reconcile-plan.ts';
import {
  configStatus,
  configureRedis,
} from '../../../src/operator/presence-cluster/redis/configure-redis.ts';
import { readServerConfig } from '../../../src/operator/redis/server-config.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { RedisLogin } from '../../../src/presence/store/redis-login.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { presenceCluster } from '../../support/presence-cluster-builder.ts';
import { type PodProcess, startPodProcess, untilReady } from '../presence/presence-pods.ts';
import { SecuredCluster } from './secured-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
const START = Date.parse('2027-06-01T10:00:00Z');

/** Writes numbers to every shard as the user `presence`, and counts what failed and what was lost. */
class Writer {
  readonly #cluster: Cluster;
  readonly #login: RedisLogin;
  #count = 0;
  #stopped = false;
  readonly failures: string[] = [];
  readonly #done: Promise<void>;

  constructor(nodes: readonly string[], password: string) {
    this.#cluster = new Cluster([...nodes], tunedClusterOptions({ username: 'presence', password }));
    this.#cluster.on('error', () => {});
    this.#login = new RedisLogin(password);
    this.#login.attach(this.#cluster);
    this.#done = this.#write();
  }

  get count(): number {
    return this.#count;
  }

  use(password: string): void {
    this.#login.use(password);
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#cluster.set(`pr:${this.#count % 100}`, String(this.#count));
        this.#count++;
      } catch (error) {
        this.failures.push(String(error));
      }
      await delay(2);
    }
  }

  async stop(): Promise<string | null> {
    this.#stopped = true;
    await this.#done;
    const last = await this.#cluster.get(`pr:${(this.#count - 1) % 100}`);
    this.#cluster.disconnect();
    return last;
  }
}

describe.each<{ engine: EngineName; server: string[]; net: number }>([
  { engine: 'valkey', server: tools.valkeyServer, net: 4 },
  { engine: 'redis', server: tools.redisServer, net: 5 },
])('passwords and configuration of running $engine servers', ({ engine, server, net }) => {
  const spec = { redis: { engine: engine === 'valkey' ? ('Valkey' as const) : ('Redis' as const) } };
  const asked = (value?: string): PresenceCluster =>
    presenceCluster(spec, {
      metadata:
        value === undefined ? {} : { annotations: { 'presence.wedsync.io/rotate-credentials': value } },
    });
  let redis: SecuredCluster;
  let presence: PodProcess;

  beforeAll(async () => {
    redis = await SecuredCluster.start(asked(), engine, server, `127.0.${net}`);
    await redis.steady();
    presence = await startPodProcess(redis.nodes, {
      PRESENCE_REDIS_USERNAME: 'presence',
      PRESENCE_REDIS_PASSWORD_FILE: redis.passwordFile,
    });
    await untilReady(presence);
  }, TIMEOUT_MS);

  afterAll(async () => {
    presence?.kill('SIGKILL');
    await redis?.close();
  });

  it(
    'gets new passwords under a writer: no error, no restart, and the old ones are refused afterwards',
    async () => {
      const old = redis.passwords();
      const writer = new Writer(redis.nodes, old.presence);
      const processes = redis.processIds();
      let nowMs = START;
      const phases: (string | undefined)[] = [];
      for (let pass = 0; pass < 12 && !(pass > 0 && phases.at(-1) === undefined); pass++) {
        await redis.rotate(asked('spring'), new Date(nowMs));
        phases.push(redis.credentials().rotation?.phase);
        // An operator that was replaced, and a second look that finds everything as it is.
        redis.forgetConnections();
        await redis.rotate(asked('spring'), new Date(nowMs));
        expect(redis.credentials().rotation?.phase).toBe(phases.at(-1));
        const before = writer.count;
        await expect.poll(() => writer.count, { timeout: 60_000 }).toBeGreaterThan(before + 50);
        // The kubelet comes.
        await redis.writeFiles();
        writer.use(redis.passwords().presence);
        nowMs += phases.at(-1) === 'Switched' ? OLD_TAKEN_MS : FILES_SETTLE_MS;
      }
      expect(phases).toEqual(['Adding', 'Switched', 'Removing', undefined]);
      expect(redis.processIds()).toEqual(processes);
      const fresh = redis.passwords();
      for (const user of ['operator', 'presence', 'probe', 'replication'] as const) {
        expect(fresh[user]).not.toBe(old[user]);
        expect(await redis.logins(user, fresh[user])).toEqual(redis.nodes.map(() => true));
        expect(await redis.logins(user, old[user])).toEqual(redis.nodes.map(() => false));
      }
      // Every connection of the writer, of the presence server and of replication logs in anew.
      await redis.closeConnections();
      const before = writer.count;
      await expect.poll(() => writer.count, { timeout: 60_000 }).toBeGreaterThan(before + 100);
      await redis.steady();
      expect(await writer.stop()).toBe(String(writer.count - 1));
      expect(writer.failures).toEqual([]);
      // Only the presence server is left, which has read the new password from its file.
      await redis.closeConnections();
      await expect.poll(() => redis.connectionsOf('presence'), { timeout: 60_000 }).toBeGreaterThan(2);
      await untilReady(presence);
    },
    TIMEOUT_MS,
  );

  it(
    'starts a server in the middle of a rotation with the files of before, and it takes part',
    async () => {
      const before = redis.passwords();
      await redis.rotate(asked('summer'), new Date(START));
      expect(redis.credentials().rotation?.phase).toBe('Adding');
      await redis.restart(5);
      expect(await redis.logins('presence', before.presence)).toEqual(redis.nodes.map(() => true));
      await redis.steady();
      await redis.rotate(asked('summer'), new Date(START + FILES_SETTLE_MS));
      expect(redis.credentials().rotation?.phase).toBe('Switched');
      const after = redis.passwords();
      expect(await redis.logins('presence', after.presence)).toEqual(redis.nodes.map(() => true));
      expect(await redis.logins('presence', before.presence)).toEqual(redis.nodes.map(() => true));
    },
    TIMEOUT_MS,
  );

  it('takes another profile without a restart, and tells what needs one', async () => {
    const processes = redis.processIds();
    const lines = serverConfig({ ...redis.configInput(0), profile: 'Fast', maxmemoryBytes: 2 ** 27 });
    const look = async (active = false): Promise<ReconcilePlan> => {
      const topology = await redis.look();
      const runningConfig = await readServerConfig(redis.admin(), topology);
      expect(runningConfig.size).toBe(redis.nodes.length);
      return {
        observed: { cluster: asked(), topology, runningConfig },
        desired: { redisConfig: lines },
        decision: { effectiveFreeze: { active }, rolloutHold: { active } },
      } as unknown as ReconcilePlan;
    };
    const told: string[] = [];
    const events = {
      record: (_: unknown, reason: string, note: string) => told.push(`${reason}: ${note}`),
    };
    const act = async (pass: ReconcilePlan) =>
      configureRedis(pass, { admin: redis.admin(), events } as unknown as Parameters<
        typeof configureRedis
      >[1]);

    expect(configStatus(await look())).toEqual({
      live: ['cluster-node-timeout'],
      needsRoll: ['maxmemory', 'repl-backlog-size'],
    });
    await act(await look(true));
    expect(told).toEqual([]);
    await act(await look());
    expect(told).toEqual(['RedisConfigured: Set on running servers: cluster-node-timeout 2000']);
    expect(configStatus(await look()).live).toEqual([]);
    expect(redis.processIds()).toEqual(processes);
  });

  it('says of every parameter that is live what CONFIG GET says of it', async () => {
    const { live } = splitConfig(serverConfig(redis.configInput(0)));
    const { failsOverOnSigterm, setsForgetBan } = ENGINES[engine];
    expect(live).toHaveLength(19 + Number(failsOverOnSigterm) + Number(setsForgetBan));
    const [node] = reachableNodes(await redis.look());
    const running = (await readServerConfig(redis.admin(), { nodes: node === undefined ? [] : [node] })).get(
      node?.pod ?? '',
    );
    for (const line of live) expect(running, line).toHaveProperty([line.split(' ')[0] ?? '']);
  });
});
