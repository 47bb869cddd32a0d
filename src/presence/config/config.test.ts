import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const SECRET = 'x'.repeat(32);
const env = { PRESENCE_REDIS_NODES: 'redis-headless:6380', PRESENCE_JWT_SECRET: SECRET };
const noFiles = (path: string): Uint8Array => {
  throw new Error(`no such file ${path}`);
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('readConfig', () => {
  it('fills in the defaults', () => {
    expect(readConfig(env, noFiles)).toMatchObject({
      pod: 'presence',
      port: 8080,
      adminPort: 9090,
      maxConnections: 2_000,
      cacheTtlMs: 300_000,
      drainMs: 20_000,
      heartbeatMs: 10_000,
      allowedOrigins: [],
      logLevel: 'info',
      audiences: [],
      maxTokenLifetimeMs: 86_400_000,
      maxConnectionsPerPerson: 10,
      redis: { nodes: [{ host: 'redis-headless', port: 6_380 }] },
    });
  });

  it('knows where addresses of clients are, with the ranges of the proxies', () => {
    const proxied = {
      ...env,
      PRESENCE_CLIENT_ADDRESS: 'Forwarded',
      PRESENCE_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8',
    };
    const trustedProxies = ['10.0.0.0/8', 'fd00::/8'];
    const addresses = (more: Record<string, string>) =>
      readConfig({ ...env, ...more }, noFiles).clientAddress;
    expect(addresses({})).toBeUndefined();
    expect(addresses(proxied)).toEqual({ source: 'Forwarded', trustedProxies });
    expect(addresses({ ...proxied, PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: '40' })).toEqual({
      source: 'Forwarded',
      trustedProxies,
      maxConnections: 40,
    });
    expect(addresses({ PRESENCE_CLIENT_ADDRESS: 'Connection' })).toEqual({
      source: 'Connection',
      trustedProxies: [],
    });
  });

  it.each([
    [{ PRESENCE_TRUSTED_PROXIES: '10.0.0.0/8' }, 'go with PRESENCE_CLIENT_ADDRESS only'],
    [{ PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: '3' }, 'go with PRESENCE_CLIENT_ADDRESS only'],
    [{ PRESENCE_CLIENT_ADDRESS: 'Forwarded' }, 'PRESENCE_TRUSTED_PROXIES is needed'],
    [{ PRESENCE_CLIENT_ADDRESS: 'Connection', PRESENCE_TRUSTED_PROXIES: '::/0' }, 'leave it out'],
    [
      { PRESENCE_CLIENT_ADDRESS: 'Forwarded', PRESENCE_TRUSTED_PROXIES: '10.0.0.1' },
      '"10.0.0.1" is not a range',
    ],
    [{ PRESENCE_CLIENT_ADDRESS: 'xff' }, 'PRESENCE_CLIENT_ADDRESS'],
  ])('refuses %j, which would leave addresses unknown', (more, words) => {
    expect(() => readConfig({ ...env, ...more }, noFiles)).toThrow(words);
  });

  it('reads secrets from files, without the newline at their end', () => {
    const files: Record<string, string> = { '/jwt': `${SECRET}\n`, '/redis': 'pass word\r\n' };
    const config = readConfig(
      {
        PRESENCE_REDIS_NODES: 'a, b:7000 ,[::1]:7001',
        PRESENCE_JWT_SECRET_FILE: '/jwt',
        PRESENCE_REDIS_PASSWORD_FILE: '/redis',
        PRESENCE_REDIS_PASSWORD: '',
      },
      (path) => bytes(files[path] ?? ''),
    );
    expect(config.auth).toEqual({ kind: 'secret', secret: new TextEncoder().encode(SECRET) });
    expect(config.redis).toEqual({
      nodes: [
        { host: 'a', port: 6_379 },
        { host: 'b', port: 7_000 },
        { host: '::1', port: 7_001 },
      ],
      password: 'pass word',
      passwordFile: '/redis',
    });
  });

  it('takes a key of any bytes as it is: as text it would be another key', () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
    const given = { ...env, PRESENCE_JWT_SECRET_FILE: '/jwt' };
    expect(readConfig(given, () => key).auth).toEqual({ kind: 'secret', secret: key });
    const endsWithNewline = key.with(31, 10);
    expect(readConfig(given, () => endsWithNewline).auth).toEqual({
      kind: 'secret',
      secret: endsWithNewline,
    });
    expect(() => readConfig(given, () => key.subarray(1))).toThrow('has 31 bytes');
  });

  it('encrypts with the authorities of a file, and checks one name, that of the first node when left out', () => {
    const ca = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    const tls = { ...env, PRESENCE_REDIS_CA_FILE: '/ca' };
    expect(readConfig(env, noFiles).redis.tls).toBeUndefined();
    expect(readConfig(tls, () => bytes(`${ca}\n`)).redis.tls).toEqual({
      ca,
      caFile: '/ca',
      serverName: 'redis-headless',
    });
    const named = { ...tls, PRESENCE_REDIS_SERVER_NAME: 'redis.weddings.svc' };
    expect(readConfig(named, () => bytes(ca)).redis.tls?.serverName).toBe('redis.weddings.svc');
    expect(() => readConfig(tls, () => bytes('no certificate'))).toThrow('holds no certificate');
  });

  it.each([
    ['a name to check without authorities', { PRESENCE_REDIS_SERVER_NAME: 'a' }, 'PRESENCE_REDIS_CA_FILE'],
    ['authorities that are not there', { PRESENCE_REDIS_CA_FILE: '/gone' }, 'cannot read /gone'],
    ['no nodes', { PRESENCE_REDIS_NODES: undefined }, 'PRESENCE_REDIS_NODES'],
    ['an impossible port', { PRESENCE_REDIS_NODES: 'a:99999' }, 'PRESENCE_REDIS_NODES'],
    ['only commas', { PRESENCE_REDIS_NODES: ' , ' }, 'PRESENCE_REDIS_NODES'],
    ['no way to check tokens', { PRESENCE_JWT_SECRET: undefined }, 'PRESENCE_JWKS_URL is needed'],
    ['two ways to check tokens', { PRESENCE_JWKS_URL: 'https://id.example/jwks' }, 'not both'],
    ['a secret that is too short', { PRESENCE_JWT_SECRET: 'short' }, 'has 5 bytes'],
    [
      'more connections than were ever measured',
      { PRESENCE_MAX_CONNECTIONS: '2001' },
      'PRESENCE_MAX_CONNECTIONS',
    ],
    ['a number that is none', { PRESENCE_PORT: 'http' }, 'PRESENCE_PORT'],
    ['a time to live below a failover', { PRESENCE_CACHE_TTL_SECONDS: '59' }, 'PRESENCE_CACHE_TTL_SECONDS'],
    ['a file that is not there', { PRESENCE_JWT_SECRET_FILE: '/gone' }, 'cannot read /gone'],
    [
      'keys over http',
      { PRESENCE_JWT_SECRET: undefined, PRESENCE_JWKS_URL: 'http://id.example/jwks' },
      'has to be https',
    ],
    ['an origin with a path', { PRESENCE_ALLOWED_ORIGINS: 'https://a.example/app' }, 'is not an origin'],
    ['an origin with a wildcard', { PRESENCE_ALLOWED_ORIGINS: 'https://*.example' }, 'without wildcards'],
    ['the old name of the audiences', { PRESENCE_JWT_AUDIENCE: 'crew' }, 'is now PRESENCE_JWT_AUDIENCES'],
    [
      'no connection for anybody',
      { PRESENCE_MAX_CONNECTIONS_PER_PERSON: '0' },
      'PRESENCE_MAX_CONNECTIONS_PER_PERSON',
    ],
    [
      'tokens without an end',
      { PRESENCE_MAX_TOKEN_LIFETIME_SECONDS: '0' },
      'PRESENCE_MAX_TOKEN_LIFETIME_SECONDS',
    ],
    ['a URL that is none', { PRESENCE_JWKS_URL: 'ftp://x' }, 'PRESENCE_JWKS_URL'],
  ])('refuses %s, by name', (_, change, message) => {
    expect(() => readConfig({ ...env, ...change }, noFiles)).toThrow(ConfigError);
    expect(() => readConfig({ ...env, ...change }, noFiles)).toThrow(message);
  });

  it('takes keys over http when it is told to', () => {
    const { auth } = readConfig(
      {
        ...env,
        PRESENCE_JWT_SECRET: undefined,
        PRESENCE_JWKS_URL: 'http://127.0.0.1:8080/jwks',
        PRESENCE_ALLOW_HTTP_JWKS_URL: 'on',
      },
      noFiles,
    );
    expect(auth).toEqual({ kind: 'jwks', url: new URL('http://127.0.0.1:8080/jwks') });
  });

  it('writes origins as browsers do, and reads lists', () => {
    const config = readConfig(
      {
        ...env,
        PRESENCE_ALLOWED_ORIGINS: 'https://Crew.Example/, https://b.example:443',
        PRESENCE_JWT_AUDIENCES: 'a, b',
      },
      noFiles,
    );
    expect(config.allowedOrigins).toEqual(['https://crew.example', 'https://b.example']);
    expect(config.audiences).toEqual(['a', 'b']);
  });

  it('never repeats a secret in its message', () => {
    try {
      readConfig({ ...env, PRESENCE_JWT_SECRET: 'hunter2', PRESENCE_PORT: '-1' }, noFiles);
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
      return;
    }
    throw new Error('the configuration was taken');
  });
});
