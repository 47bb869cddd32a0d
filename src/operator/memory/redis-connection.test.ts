import { describe, expect, it } from 'vitest';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { loginFor, RedisConnection } from './redis-connection.ts';

describe('RedisConnection', () => {
  it('keeps its admin while the login is the same', () => {
    const connection = new RedisConnection();
    const first = connection.as({ password: 'a' });
    expect(connection.as({ password: 'a' })).toBe(first);
    expect(connection.as({ password: 'b' })).not.toBe(first);
    connection.close();
  });

  it('makes another admin after it was closed, and may be closed when there is none', () => {
    const connection = new RedisConnection();
    connection.close();
    const first = connection.as({ password: 'a' });
    connection.close();
    expect(connection.login).toBeUndefined();
    expect(connection.as({ password: 'a' })).not.toBe(first);
    connection.close();
  });

  it('gives the login that it uses, unless the password is empty', () => {
    const connection = new RedisConnection();
    expect(connection.login).toBeUndefined();
    connection.as({ password: '' });
    expect(connection.login).toBeUndefined();
    connection.as({ password: 'a' });
    expect(connection.login).toEqual({ password: 'a' });
    connection.close();
  });
});

describe('loginFor', () => {
  const cluster = presenceCluster();
  const redis = { operatorPassword: 'new', rulesAreCurrent: true };
  const inUse = {
    certificate: 'leaf',
    key: '',
    authorities: ['one', 'two'],
    fingerprint: 'AA',
    validFrom: NOON,
    validUntil: NOON,
    changedAt: NOON,
  };
  const trust = { ca: 'onetwo', servername: 'wedsync-redis.weddings.svc' };

  it('trusts the authorities that are in use, by the name of the Service', () => {
    expect(loginFor(cluster, { redis }, undefined)).toEqual({ password: 'new' });
    expect(loginFor(cluster, { redis, tls: { inUse } }, undefined)).toEqual({ password: 'new', tls: trust });
  });

  it('goes on with what it knew when a Secret says nothing, and never speaks in the clear', () => {
    const gone = { redis: { rulesAreCurrent: true }, tls: {} };
    expect(loginFor(cluster, gone, { password: 'old', tls: trust })).toEqual({ password: 'old', tls: trust });
    expect(loginFor(cluster, gone, undefined).tls).toBeDefined();
  });

  it('is another connection for other authorities', () => {
    const connection = new RedisConnection();
    const first = connection.as({ password: 'a', tls: trust });
    expect(connection.as({ password: 'a', tls: { ...trust } })).toBe(first);
    expect(connection.as({ password: 'a', tls: { ...trust, ca: 'one' } })).not.toBe(first);
    connection.close();
  });
});
