import { describe, expect, it } from 'vitest';
import { RedisAdmins } from './redis-admins.ts';

describe('RedisAdmins', () => {
  it('keeps one admin a PresenceCluster from pass to pass', () => {
    const admins = new RedisAdmins();
    const first = admins.get('weddings/one', 'a');
    expect(admins.get('weddings/one', 'a')).toBe(first);
    expect(admins.get('weddings/two', 'a')).not.toBe(first);
  });

  it('makes another one for another password, and after it was told to forget', () => {
    const admins = new RedisAdmins();
    const first = admins.get('weddings/one', 'a');
    const second = admins.get('weddings/one', 'b');
    expect(second).not.toBe(first);
    admins.forget('weddings/one');
    expect(admins.get('weddings/one', 'b')).not.toBe(second);
  });

  it('forgets all when it is closed, and may be closed when there is none', () => {
    const admins = new RedisAdmins();
    admins.close();
    const first = admins.get('weddings/one', 'a');
    admins.close();
    admins.forget('weddings/unknown');
    expect(admins.get('weddings/one', 'a')).not.toBe(first);
  });
});
