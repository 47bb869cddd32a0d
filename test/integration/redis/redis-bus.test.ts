import { X509Certificate } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisDnsNames } from '../../../src/domain/resources/redis-tls.ts';
import { BUS_PARAMETER, CERTIFICATE_PARAMETER } from '../../../src/domain/topology/live-config.ts';
import { serverConfig } from '../../../src/domain/topology/server-config.ts';
import { SLOT_COUNT } from '../../../src/domain/topology/slots.ts';
import { configureRedis } from '../../../src/operator/presence-cluster/redis/configure-redis.ts';
import { CertificateWatch } from '../../../src/operator/redis/certificate-watch.ts';
import { readServerConfig } from '../../../src/operator/redis/server-config.ts';
import { tunedClusterOptions } from '../../../src/platform/redis/cluster-options.ts';
import { type IssuedCertificate, issueCertificate } from '../../../src/platform/tls/issue-certificate.ts';
import { servedCertificate } from '../../../src/platform/tls/served-certificate.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { NumberedWriter } from '../../support/numbered-writer.ts';
import { observed, presenceCluster } from '../../support/presence-cluster-builder.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { ServerStalls } from '../../support/server-stalls.ts';
import type { RedisProcess } from './redis-processes.ts';
import { TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 600_000;
const WRITE_EVERY_MS = 5;
/** A connection that is open for so long was let in. */
const HANDSHAKE_MS = 5_000;
/** For a loaded machine. */
const PATIENCE_MS = 30_000;
const DAY_MS = 24 * 3_600_000;
/**
 * Less than the node time-out of 5 s, after which a primary is considered dead. The time for which the machine lets a server stand still
 * is left out. What is usual is far less, and is printed.
 */
const GAP_MS = 4_000;

const life = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
const authority = issueCertificate({ kind: 'Authority', commonName: 'ours', ...life });
const foreigner = issueCertificate({ kind: 'Authority', commonName: 'of others', ...life });
const peer = (by: IssuedCertificate) =>
  issueCertificate({
    kind: 'Peer',
    commonName: 'redis',
    authority: by,
    ...life,
    dnsNames: redisDnsNames(presenceCluster()),
  });

/** Whether the bus keeps a connection that shows this certificate, or none, for so long. */
function isLetIn(
  { host, busPort }: RedisProcess,
  shown: ConnectionOptions,
  forMs = HANDSHAKE_MS,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: busPort, rejectUnauthorized: false, ...shown });
    const timer = setTimeout(() => done(true), forMs);
    const done = (isIn: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isIn);
    };
    // TLS 1.3 refuses a certificate after the handshake is over for the client.
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
  });
}

describe('the bus of a Redis Cluster whose clients connect in the clear', { timeout: TIMEOUT_MS }, () => {
  let directory: string;
  let cluster: TopologyCluster;
  let client: Cluster;
  let writer: NumberedWriter;
  let stalls: ServerStalls;

  async function serve(leaf: IssuedCertificate): Promise<void> {
    await writeFile(join(directory, 'tls.crt'), leaf.certificate);
    await writeFile(join(directory, 'tls.key'), leaf.key);
    await writeFile(join(directory, 'ca.crt'), authority.certificate);
  }

  /** What the operator does in a pass to a PresenceCluster whose servers should have this parameter. */
  async function configure(value: 'yes' | 'no', active = false): Promise<string[]> {
    // Of a server that does not answer nothing would be said.
    const topology = await cluster.wholeLook();
    const runningConfig = await readServerConfig(cluster.admin, topology);
    expect(runningConfig.size).toBe(cluster.pods.length);
    const said: string[] = [];
    const events = { record: (...event: unknown[]) => said.push(event.slice(1).join(' ')) };
    await configureRedis(
      {
        observed: { ...observed(), topology, runningConfig },
        desired: { redisConfig: [`${BUS_PARAMETER} ${value}`] },
        decision: { effectiveFreeze: { active }, rolloutHold: { active } },
      } as never,
      { admin: cluster.admin, events } as never,
    );
    return said;
  }

  async function writes(): Promise<void> {
    const before = writer.progress();
    await eventually({ what: 'every shard takes writes', withinSeconds: 60 }, async () =>
      writer.progress().every((count, lane) => count > (before[lane] ?? 0) + 50),
    );
  }

  async function nothingLost(what: string): Promise<void> {
    await writes();
    const lanes = await writer.report();
    const gapMs = Math.max(...lanes.map(({ longestGapMs }) => longestGapMs));
    console.log(`${what}: longest write gap ${Math.round(gapMs)} ms`);
    expect(lanes.map(({ errors, lost, firstError }) => ({ errors, lost, firstError }))).toEqual(
      lanes.map(() => ({ errors: 0, lost: [], firstError: undefined })),
    );
    for (const { longestGapMs, longestGapFromMs } of lanes) {
      const stoodStillMs = stalls.within(longestGapFromMs, longestGapFromMs + longestGapMs);
      // While this process itself could do nothing, nothing was written.
      expect(longestGapMs - stoodStillMs).toBeLessThan(GAP_MS + writer.longestStallMs);
    }
    writer.begin();
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'redis-bus-'));
    await serve(peer(authority));
    const lines = serverConfig({
      engine: 'valkey',
      profile: 'Standard',
      port: 6379,
      maxmemoryBytes: 2 ** 26,
      dataDirectory: '/data',
      aclFile: '/acl',
      replicationAuthFile: '/auth',
      busDirectory: directory,
    });
    // The processes have ports of their own.
    const files = lines.filter((line) => line.startsWith('tls-')).map((line) => line.split(' ', 2));
    expect(files.map(([name]) => name)).toContain(CERTIFICATE_PARAMETER);
    cluster = await TopologyCluster.start(tools.valkeyServer, Object.fromEntries(files));
    await cluster.converge();
    client = new Cluster(
      cluster.pods.map(({ process }) => ({ host: process.host, port: process.port })),
      tunedClusterOptions({}),
    );
    writer = new NumberedWriter(client);
    stalls = new ServerStalls(() => cluster.pids());
    writer.start(WRITE_EVERY_MS);
    await writes();
    writer.begin();
  }, TIMEOUT_MS);

  afterAll(async () => {
    stalls.stop();
    writer.stop();
    client.disconnect();
    await cluster.close();
    await removeDirectory(directory);
  });

  it('is secured under writes, by one command to each server, without an error', async () => {
    expect((await configure('yes')).join()).toContain(
      `RedisConfigured Set on running servers: ${BUS_PARAMETER} yes`,
    );
    await nothingLost('secured');
    await cluster.staysSteady();
    expect(await configure('yes')).toEqual([]);
  });

  it('takes connections with a certificate of its own authority, and no others', async () => {
    const pair = ({ certificate, key }: IssuedCertificate) => ({ cert: certificate, key });
    for (const { process } of cluster.pods) {
      expect(await isLetIn(process, pair(peer(foreigner)), PATIENCE_MS)).toBe(false);
      expect(await isLetIn(process, {}, PATIENCE_MS)).toBe(false);
    }
    const [{ process }] = cluster.pods as [(typeof cluster.pods)[0]];
    expect(await isLetIn(process, pair(peer(authority)))).toBe(true);
  });

  it('brings a server that restarted with an older file back to the others, in a freeze too', async () => {
    const replica = cluster.find(await cluster.converge(), 1, 'replica');
    await replica.process.restart();
    const said = await eventually({ what: 'it is configured', withinSeconds: 60 }, async () => {
      const events = await configure('yes', true);
      return events.length > 0 && events;
    });
    expect(said.join()).toContain('RedisConfigured');
    await cluster.converge();
    await nothingLost('a replica restarted');
  });

  it('takes a new certificate without a restart, a hand-over and another shard', async () => {
    const renewed = peer(authority);
    await serve(renewed);
    const fingerprint = new X509Certificate(renewed.certificate).fingerprint256;
    const watch = new CertificateWatch();
    const files = { fingerprint, revision: 'renewed', isShown: false };
    const all = await cluster.wholeLook();
    const early = await watch.look(cluster.admin, all, { ...files, haveArrived: false }, 0);
    expect(early.map(({ hasRead }) => hasRead)).toEqual(cluster.pods.map(() => false));
    const read = await watch.look(cluster.admin, all, { ...files, haveArrived: true }, 0);
    expect(read).toEqual(
      cluster.pods.map(({ pod }) => ({ pod: pod.pod, serves: fingerprint, hasRead: true, reread: false })),
    );
    for (const { process } of cluster.pods) {
      const served = await servedCertificate({
        host: process.host,
        port: process.busPort,
        timeoutMs: PATIENCE_MS,
      });
      expect(served.fingerprint256).toBe(fingerprint);
    }
    const heir = cluster.find(await cluster.converge(), 0, 'replica');
    await cluster.send(heir, 'CLUSTER', 'FAILOVER');
    await eventually({ what: 'the replica is the primary', withinSeconds: 60 }, async () =>
      String(await cluster.send(heir, 'ROLE')).startsWith('master'),
    );
    await cluster.converge();
    await nothingLost('handed over');
    await cluster.scaleTo(4);
    const grown = await eventually(
      { what: 'the new servers are on the bus', withinSeconds: 90 },
      async () => {
        // They start with the file of before in this test.
        await configure('yes');
        const now = cluster.planFrom(await cluster.wholeLook());
        return now.state !== 'Waiting' && now;
      },
    );
    expect(grown.slotsCovered).toBe(SLOT_COUNT);
    const whole = await cluster.converge();
    expect(whole.shards.map(({ slots }) => slots)).toEqual([4096, 4096, 4096, 4096]);
    await nothingLost('a shard more');
  });

  it('is opened again under writes when an older operator is to follow', async () => {
    for (const entry of cluster.pods) await cluster.send(entry, 'CONFIG', 'SET', BUS_PARAMETER, 'no');
    // It is started as an older operator would have it.
    await cluster.find(await cluster.converge(), 2, 'replica').process.restart();
    await cluster.converge();
    await nothingLost('opened again');
  });
});
