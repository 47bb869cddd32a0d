import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES_SETTLE_MS, OLD_TAKEN_MS } from '../../../src/domain/resources/credentials.ts';
import { redisDnsNames, redisServerName } from '../../../src/domain/resources/redis-tls.ts';
import { ENGINES, type EngineName } from '../../../src/domain/topology/engine.ts';
import { reachableNodes } from '../../../src/domain/topology/observed.ts';
import { slotsOf } from '../../../src/domain/topology/slots.ts';
import type { MoveSlotsStep } from '../../../src/domain/topology/step.ts';
import type { Observed } from '../../../src/operator/cluster-state/observed.ts';
import { ensureSecrets } from '../../../src/operator/credentials/secrets.ts';
import { ClusterMemory } from '../../../src/operator/memory/cluster-memory.ts';
import { certificatesCondition } from '../../../src/operator/presence-cluster/conditions/certificates-condition.ts';
import { replaceCertificates } from '../../../src/operator/presence-cluster/redis/replace-certificates.ts';
import { CertificateWatch, certificateFiles } from '../../../src/operator/redis/certificate-watch.ts';
import { addressesOf, executeSteps } from '../../../src/operator/redis/execute.ts';
import { createRedisAdmin } from '../../../src/platform/redis/admin.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { TlsTrust } from '../../../src/platform/redis/tls-trust.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { type IssuedCertificate, issueCertificate } from '../../../src/platform/tls/issue-certificate.ts';
import { servedCertificate } from '../../../src/platform/tls/served-certificate.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { observed, presenceCluster } from '../../support/presence-cluster-builder.ts';
import { type PodProcess, startPodProcess, untilReady } from '../presence/presence-pods.ts';
import { SecuredCluster } from './secured-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;
/** For one answer: nothing is said here of servers that hang. */
const PATIENCE_MS = 15_000;
const WRITES_WITHIN_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** Past two thirds of the life of a certificate, and before its end. */
const OLD_MS = 62 * DAY_MS;
const { signal } = new AbortController();

function authorityOf(name: string): IssuedCertificate {
  const life = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  return issueCertificate({ kind: 'Authority', commonName: name, ...life });
}

/** Writes numbers to every shard over TLS, and counts what failed. */
class Writer {
  readonly #cluster: Cluster;
  readonly #trust: TlsTrust;
  readonly #done: Promise<void>;
  #count = 0;
  #stopped = false;
  readonly failures: string[] = [];

  constructor(nodes: readonly string[], password: string, ca: string, servername: string) {
    this.#trust = new TlsTrust(ca, servername);
    this.#cluster = new Cluster(
      [...nodes],
      tunedClusterOptions({ username: 'presence', password, tls: this.#trust.option }),
    );
    this.#cluster.on('error', () => {});
    this.#done = this.#write();
  }

  get count(): number {
    return this.#count;
  }

  use(ca: string): void {
    this.#trust.use(ca);
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#cluster.rpush(`pr:${this.#count % 100}`, String(this.#count));
        this.#count++;
      } catch (error) {
        this.failures.push(String(error));
      }
      await delay(2);
    }
  }

  /** Which of those that were acknowledged are not there. */
  async stop(): Promise<{ lost: number[] }> {
    this.#stopped = true;
    await this.#done;
    const lists = await Promise.all(
      Array.from({ length: 100 }, (_, index) => this.#cluster.lrange(`pr:${index}`, 0, -1)),
    );
    const there = new Set(lists.flat());
    this.#cluster.disconnect();
    const numbers = Array.from({ length: this.#count }, (_, number) => number);
    return { lost: numbers.filter((number) => !there.has(String(number))) };
  }
}

describe.each<{ engine: EngineName; server: string[]; cli: string[]; net: number }>([
  { engine: 'valkey', server: tools.valkeyServer, cli: tools.valkeyCli, net: 8 },
  { engine: 'redis', server: tools.redisServer, cli: tools.redisCli, net: 9 },
])('$engine servers with TLS', ({ engine, server, cli, net }) => {
  const name = engine === 'valkey' ? ('Valkey' as const) : ('Redis' as const);
  const own = presenceCluster({ redis: { engine: name, tls: {} } });
  const given = presenceCluster({ redis: { engine: name, tls: { source: 'Secret', secretName: 'ours' } } });
  const serverName = redisServerName(own);
  let redis: SecuredCluster;
  let watch: CertificateWatch;
  let presence: PodProcess;

  beforeAll(async () => {
    redis = await SecuredCluster.start(own, engine, server, `127.0.${net}`, new Date(Date.now() - OLD_MS));
    watch = new CertificateWatch(PATIENCE_MS);
    await redis.steady();
    presence = await startPodProcess(redis.nodes, {
      PRESENCE_REDIS_USERNAME: 'presence',
      PRESENCE_REDIS_PASSWORD_FILE: redis.passwordFile,
      PRESENCE_REDIS_CA_FILE: join(redis.tlsDirectory, 'ca.crt'),
      PRESENCE_REDIS_SERVER_NAME: serverName,
    });
    await untilReady(presence);
  }, TIMEOUT_MS);

  afterAll(async () => {
    presence?.kill('SIGKILL');
    await redis?.close();
  });

  /** What the operator finds and does in one pass, and then the kubelet. */
  async function pass(cluster = own, now = new Date()): Promise<Observed> {
    const { spec } = cluster;
    const { tls } = await ensureSecrets({ client: redis.kube, cluster, spec, serversRun: true, now, signal });
    const topology = await redis.look();
    const files = certificateFiles(tls, now);
    if (tls === undefined || files === undefined) throw new Error('there are no certificates');
    const certificateServers = await watch.look(redis.admin(), topology, files, now.getTime());
    const seen = observed({ cluster, now, topology, tls, certificateServers });
    const events = { record: () => {} };
    const tools = { client: redis.kube, events, memory: new ClusterMemory(), signal };
    await replaceCertificates(
      { observed: seen },
      tools as unknown as Parameters<typeof replaceCertificates>[1],
    );
    await redis.writeFiles();
    return seen;
  }

  const verdict = (seen: Observed): string => {
    const [finding] = certificatesCondition(seen);
    return `${finding?.status} ${finding?.reason}`;
  };

  const served = () =>
    Promise.all(
      redis.nodes.map(async (node) => {
        const [host = '', port] = node.split(':');
        return (await servedCertificate({ host, port: Number(port), timeoutMs: PATIENCE_MS })).fingerprint256;
      }),
    );

  const ask = async (tls?: { ca: string; servername: string }): Promise<unknown> => {
    const { operator: password } = redis.passwords();
    const timeouts = { connectTimeoutMs: PATIENCE_MS, commandTimeoutMs: PATIENCE_MS };
    const admin = createRedisAdmin({ username: 'operator', password, ...timeouts, ...(tls && { tls }) });
    const [host = '', port] = redis.nodes[0]?.split(':') ?? [];
    const answer = await admin.execute({ host, port: Number(port) }, ['PING']).catch((error: Error) => error);
    admin.close();
    return answer instanceof Error ? answer.message : answer;
  };

  const ca = () => redis.trust()?.ca ?? '';

  async function writes(writer: Writer): Promise<void> {
    const before = writer.count;
    await expect.poll(() => writer.count, { timeout: WRITES_WITHIN_MS }).toBeGreaterThan(before + 25);
  }

  it('refuse who does not encrypt, does not trust their authority, or looks for another name', async () => {
    expect(await ask({ ca: ca(), servername: serverName })).toBe('PONG');
    expect(await ask()).not.toBe('PONG');
    expect(await ask({ ca: authorityOf('stranger').certificate, servername: serverName })).toMatch(
      /self-signed|unable to (get|verify)/,
    );
    expect(await ask({ ca: ca(), servername: 'other-redis.weddings.svc' })).toContain('does not match');
  });

  it('answer the probe of their pods', async () => {
    const args = ['--tls', '--cacert', join(redis.tlsDirectory, 'ca.crt'), '--user', 'probe', 'ping'];
    const [host = '', port = ''] = redis.nodes[0]?.split(':') ?? [];
    const [command = '', ...prefix] = cli;
    const env = { ...process.env, REDISCLI_AUTH: redis.passwords().probe };
    const { stdout } = await promisify(execFile)(
      command,
      [...prefix, '-h', host, '-p', port, '-e', ...args],
      {
        env,
      },
    );
    expect(stdout.trim()).toBe('PONG');
  });

  it(
    'are given a new certificate when two thirds of its life are over, and lose no write',
    async () => {
      const [before, processes] = [await served(), redis.processIds()];
      const writer = new Writer(redis.nodes, redis.passwords().presence, ca(), serverName);
      await writes(writer);
      expect(verdict(await pass())).toBe('False Replacing');
      const next = await pass();
      expect(verdict(next)).toBe('True Current');
      expect(new Set(await served())).toEqual(new Set([next.tls?.inUse?.fingerprint]));
      expect(await served()).not.toEqual(before);
      await redis.closeConnections();
      await writes(writer);
      const { lost } = await writer.stop();
      expect({ failures: writer.failures, lost }).toEqual({ failures: [], lost: [] });
      expect(redis.processIds()).toEqual(processes);
      expect(verdict(await pass())).toBe('True Current');
    },
    TIMEOUT_MS,
  );

  it('keep what they have while the Secret that is named cannot be used', async () => {
    const before = await served();
    expect(verdict(await pass(given))).toBe('False SecretMissing');
    const put = (stringData: Record<string, string>) => {
      const data = Object.entries(stringData).map(([key, text]) => [
        key,
        Buffer.from(text).toString('base64'),
      ]);
      redis.kube.put({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'ours', namespace: 'weddings' },
        data: Object.fromEntries(data),
      });
    };
    const life = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
    const authority = authorityOf('ours');
    const peer = { kind: 'Peer' as const, commonName: 'redis', authority, dnsNames: redisDnsNames(own) };
    const [one, two] = [issueCertificate({ ...peer, ...life }), issueCertificate({ ...peer, ...life })];
    put({ 'tls.crt': one.certificate, 'tls.key': one.key });
    expect(verdict(await pass(given))).toBe('False KeyMissing');
    put({ 'tls.crt': one.certificate, 'tls.key': two.key, 'ca.crt': authority.certificate });
    expect(verdict(await pass(given))).toBe('False Unusable');
    expect(await served()).toEqual(before);
    put({ 'tls.crt': one.certificate, 'tls.key': one.key, 'ca.crt': authority.certificate });
  });

  it(
    'go over to another authority in three steps, with no write lost and nobody locked out',
    async () => {
      const [old, processes] = [ca(), redis.processIds()];
      const writer = new Writer(redis.nodes, redis.passwords().presence, old, serverName);
      const passes: string[] = [];
      let at = Date.now();
      const next = async (laterMs: number) => {
        at += laterMs;
        passes.push(verdict(await pass(given, new Date(at))));
        writer.use(readFileSync(join(redis.tlsDirectory, 'ca.crt'), 'utf8'));
        await redis.closeConnections();
        await writes(writer);
      };
      await next(0);
      expect(redis.trust()?.ca.match(/BEGIN/g)).toHaveLength(2);
      await next(1_000);
      await next(FILES_SETTLE_MS);
      await next(1_000);
      await next(FILES_SETTLE_MS);
      await next(OLD_TAKEN_MS);
      await next(1_000);
      expect(passes).toEqual([...Array(6).fill('False Replacing'), 'True Current']);
      expect(redis.trust()?.ca.match(/BEGIN/g)).toHaveLength(1);
      const { lost } = await writer.stop();
      expect({ failures: writer.failures, lost }).toEqual({ failures: [], lost: [] });
      expect(await ask({ ca: old, servername: serverName })).not.toBe('PONG');
      expect(await ask({ ca: ca(), servername: serverName })).toBe('PONG');
      expect(redis.processIds()).toEqual(processes);
      await redis.steady();
    },
    TIMEOUT_MS,
  );

  it(
    'give slots and keys to another primary',
    async () => {
      const topology = await redis.look();
      const primaries = reachableNodes(topology).filter(({ role }) => role === 'primary');
      const source = primaries.find(({ slots }) =>
        slots.some(({ start, end }) => start <= 100 && 100 <= end),
      );
      const target = primaries.find((node) => node !== source);
      if (source === undefined || target === undefined) throw new Error('there are no two primaries');
      const before = await redis.admin().execute(target.address, ['INFO', 'keyspace']);
      const step: MoveSlotsStep = {
        kind: 'moveSlots',
        pod: source.pod,
        sourceId: source.id,
        target: target.pod,
        targetId: target.id,
        slots: [{ start: 100, end: 180 }],
        method: ENGINES[engine].movesSlotsAtomically ? 'Atomic' : 'Classic',
        because: 'the test wants it',
      };
      const parts = { admin: redis.admin(), clock: systemClock };
      const left = async () => {
        const slots = reachableNodes(await redis.look()).find(({ pod }) => pod === target.pod)?.slots ?? [];
        return [...slotsOf(step.slots)].filter(
          (slot) => !slots.some(({ start, end }) => start <= slot && slot <= end),
        );
      };
      // A pass of the operator moves for some seconds; the next one goes on.
      await eventually({ what: 'the slots have moved', withinSeconds: 60 }, async () => {
        const slots = (await left()).map((slot) => ({ start: slot, end: slot }));
        if (slots.length === 0) return true;
        const [result] = await executeSteps(parts, [{ ...step, slots }], addressesOf(topology));
        if (result?.outcome === 'Failed') throw result.error;
        return (await left()).length === 0;
      });
      expect(await redis.admin().execute(target.address, ['INFO', 'keyspace'])).not.toEqual(before);
    },
    TIMEOUT_MS,
  );

  it(
    'take a server back that was started anew, and the presence server goes on',
    async () => {
      await redis.restart(0);
      await redis.steady();
      await redis.closeConnections();
      await eventually(
        { what: 'the presence server is connected to all', withinSeconds: 60 },
        async () => (await redis.connectionsOf('presence')) >= redis.nodes.length,
      );
      await untilReady(presence);
    },
    TIMEOUT_MS,
  );
});
