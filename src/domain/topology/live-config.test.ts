import { describe, expect, it } from 'vitest';
import { configDifference, defaultLines, splitConfig } from './live-config.ts';
import { serverConfig } from './server-config.ts';

const lines = (profile: 'Standard' | 'Fast', maxmemoryBytes = 2 ** 28) =>
  serverConfig({
    engine: 'valkey',
    profile,
    port: 6379,
    dataDirectory: '/data',
    maxmemoryBytes,
    aclFile: '/secret/users.acl',
    replicationAuthFile: '/secret/replication.conf',
  } as const);

/** A server that was started with these lines, as CONFIG GET shows it. */
const runs = (config: readonly string[]) =>
  Object.fromEntries(config.map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')]));

describe('splitConfig', () => {
  it('loses no line, and what the profile changes is live', () => {
    const { live, fixed } = splitConfig(lines('Standard'));
    expect([...live, ...fixed].sort()).toEqual([...lines('Standard')].sort());
    expect(splitConfig(lines('Fast')).fixed).toEqual(fixed);
    expect(splitConfig(lines('Fast')).live).not.toEqual(live);
  });

  it('keeps what a container is made for with the container', () => {
    expect(splitConfig(lines('Standard', 2 ** 30)).live).toEqual(splitConfig(lines('Standard')).live);
  });
});

describe('configDifference', () => {
  it('is nothing when nothing differs', () => {
    expect(configDifference(lines('Fast'), runs(lines('Fast')))).toEqual({ live: [], needsRoll: [] });
  });

  it('tells what CONFIG SET brings and what a new pod brings', () => {
    expect(configDifference(lines('Fast', 2 ** 30), runs(lines('Standard')))).toEqual({
      live: [['cluster-node-timeout', '2000']],
      needsRoll: ['repl-backlog-size', 'maxmemory'],
    });
  });

  it('has the bus secured by CONFIG SET, and certificates by a new pod', () => {
    const wanted = [...lines('Fast'), 'tls-cert-file /tls/tls.crt', 'tls-cluster yes'];
    const running = { ...runs(wanted), 'tls-cluster': 'no' };
    expect(configDifference(wanted, running)).toEqual({ live: [['tls-cluster', 'yes']], needsRoll: [] });
    expect(configDifference(wanted, { ...running, 'tls-cert-file': '' })).toEqual({
      live: [],
      needsRoll: ['tls-cert-file'],
    });
  });

  it('leaves alone what the server does not know', () => {
    expect(configDifference(lines('Fast'), {})).toEqual({ live: [], needsRoll: [] });
  });
});

describe('parameters of a PresenceCluster', () => {
  const given = (parameters: Record<string, number | string>) =>
    serverConfig({
      engine: 'valkey',
      profile: 'Fast',
      port: 6379,
      dataDirectory: '/data',
      maxmemoryBytes: 2 ** 28,
      aclFile: '/secret/users.acl',
      replicationAuthFile: '/secret/replication.conf',
      parameters,
    } as const);

  it('replace ours of the same name, and are live where running servers take them', () => {
    const all = given({ 'tcp-keepalive': 30, hz: 20, 'io-threads': 4 });
    expect(all.filter((line) => line.startsWith('tcp-keepalive'))).toEqual(['tcp-keepalive 30']);
    const { live, fixed } = splitConfig(all);
    expect(live).toEqual(expect.arrayContaining(['tcp-keepalive 30', 'hz 20']));
    expect(fixed).toContain('io-threads 4');
    expect(given({})).toEqual(lines('Fast'));
  });

  it('are brought to running servers, or by a new pod', () => {
    const running = { ...runs(lines('Fast')), hz: '10', 'io-threads': '1' };
    expect(configDifference(given({ hz: 20, 'io-threads': 4 }), running)).toEqual({
      live: [['hz', '20']],
      needsRoll: ['io-threads'],
    });
  });

  it('go back to what the servers have by default, but for ours', () => {
    const running = { ...runs(lines('Fast')), hz: '20', loglevel: 'debug', 'tcp-keepalive': '30' };
    const wanted = [...given({ loglevel: 'debug' }), ...defaultLines({ loglevel: 'debug' })];
    expect(configDifference(wanted, running)).toEqual({
      live: [
        ['tcp-keepalive', '60'],
        ['hz', '10'],
      ],
      needsRoll: [],
    });
  });
});
