import { describe, expect, it } from 'vitest';
import { ENGINES, isSupported } from './engine.ts';
import { replicationBacklog, serverConfig } from './server-config.ts';

const INPUT = {
  engine: 'valkey',
  profile: 'Standard',
  port: 6379,
  dataDirectory: '/data',
  aclFile: '/secret/users.acl',
  replicationAuthFile: '/secret/replication.conf',
  maxmemoryBytes: 1000.6,
} as const;

describe('serverConfig', () => {
  it('keeps data on the volume, serves what it can, and never lets replicas wander', () => {
    expect(serverConfig(INPUT)).toEqual(
      expect.arrayContaining([
        'dir /data',
        'appendonly yes',
        'cluster-node-timeout 5000',
        'cluster-require-full-coverage no',
        'cluster-allow-replica-migration no',
        'maxmemory 1000',
        'maxmemory-policy volatile-ttl',
      ]),
    );
  });

  it('differs between profiles in the node timeout alone', () => {
    const standard = serverConfig(INPUT);
    const differing = serverConfig({ ...INPUT, profile: 'Fast' }).filter((line) => !standard.includes(line));
    expect(differing).toEqual(['cluster-node-timeout 2000']);
  });

  it('asks for a failover on SIGTERM and for a short ban only from the engine that knows them', () => {
    const redis = serverConfig({ ...INPUT, engine: 'redis' });
    expect(serverConfig(INPUT).filter((line) => !redis.includes(line))).toEqual([
      'cluster-blacklist-ttl 10',
      'shutdown-on-sigterm failover',
    ]);
  });

  it.each([
    ['has no limit', 0, 64],
    ['is that of a default pod', 153.6, 19.2],
    ['is tiny', 10, 8],
    ['is huge', 64 * 1024, 256],
  ])('keeps a bounded part of the memory for the backlog when it %s', (_, maxmemory, backlog) => {
    expect(replicationBacklog(maxmemory * 2 ** 20)).toBe(Math.floor(backlog * 2 ** 20));
  });

  it('listens with TLS alone when it has certificates, and says nothing of TLS when it has none', () => {
    const lines = serverConfig({ ...INPUT, tlsDirectory: '/tls' });
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['port 0', `tls-port ${INPUT.port}`, 'tls-cluster yes', 'tls-replication yes'],
        ...['tls-cert-file /tls/tls.crt', 'tls-key-file /tls/tls.key', 'tls-ca-cert-file /tls/ca.crt'],
      ]),
    );
    const rest = lines.filter((line) => !line.startsWith('tls-') && line !== 'port 0');
    expect([`port ${INPUT.port}`, ...rest]).toEqual(serverConfig(INPUT));
  });

  it('has certificates for the bus alone, which stays where it is', () => {
    const lines = serverConfig({ ...INPUT, busDirectory: '/tls' });
    expect(lines.filter((line) => !serverConfig(INPUT).includes(line))).toEqual([
      ...['cluster-port 16379', 'tls-cert-file /tls/tls.crt', 'tls-key-file /tls/tls.key'],
      'tls-ca-cert-file /tls/ca.crt',
    ]);
    expect(lines).toContain(`port ${INPUT.port}`);
  });

  it('sets nothing twice', () => {
    const names = serverConfig(INPUT).map((line) => line.split(' ')[0]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('engines', () => {
  it.each([
    { engine: { name: 'redis', version: '7.0.15' }, supported: true },
    { engine: { name: 'redis', version: '6.2.14' }, supported: false },
    { engine: { name: 'valkey', version: '10.0.0' }, supported: true },
    { engine: { name: 'valkey', version: '8.1.1' }, supported: false },
    { engine: { name: 'valkey', version: '' }, supported: false },
  ] as const)('$engine.name $engine.version: supported is $supported', ({ engine, supported }) => {
    expect(isSupported(engine)).toBe(supported);
    expect(ENGINES[engine.name].serverBinary).toBe(`${engine.name}-server`);
  });
});
