import { describe, expect, it } from 'vitest';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { loginFor, RedisAdmins } from './redis-admins.ts';

describe('RedisAdmins', () => {
  it('keeps one admin a PresenceCluster from pass to pass', () => {
    const admins = new RedisAdmins();
    const first = admins.get('weddings/one', { password: 'a' });
    expect(admins.get('weddings/one', { password: 'a' })).toBe(first);
    expect(admins.get('weddings/two', { password: 'a' })).not.toBe(first);
  });

  it('makes another one for another password, and after it was told to forget', () => {
    const admins = new RedisAdmins();
    const first = admins.get('weddings/one', { password: 'a' });
    const second = admins.get('weddings/one', { password: 'b' });
    expect(second).not.toBe(first);
    admins.forget('weddings/one');
    expect(admins.get('weddings/one', { password: 'b' })).not.toBe(second);
  });

  it('forgets all when it is closed, and may be closed when there is none', () => {
    const admins = new RedisAdmins();
    admins.close();
    const first = admins.get('weddings/one', { password: 'a' });
    admins.close();
    admins.forget('weddings/unknown');
    expect(admins.get('weddings/one', { password: 'a' })).not.toBe(first);
  });
});

describe('loginFor', () => {
  const cluster = presenceCluster();
  const redis = { operatorPassword: 'new', rulesAreCurrent: true };
  const inUse = {
    ...{ certificate: 'leaf', key: '', authorities: ['one', 'two'], fingerprint: 'AA' },
    ...{ validFrom: NOON, validUntil: NOON, changedAt: NOON },
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
    const admins = new RedisAdmins();
    const first = admins.get('weddings/one', { password: 'a', tls: trust });
    expect(admins.get('weddings/one', { password: 'a', tls: { ...trust } })).toBe(first);
    expect(admins.get('weddings/one', { password: 'a', tls: { ...trust, ca: 'one' } })).not.toBe(first);
    admins.close();
  });
});
