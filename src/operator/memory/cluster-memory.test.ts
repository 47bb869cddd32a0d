import { describe, expect, it } from 'vitest';
import { ClusterMemories } from './cluster-memory.ts';

describe('ClusterMemories', () => {
  it('keeps one memory per PresenceCluster', () => {
    const memories = new ClusterMemories();
    const one = memories.of('weddings/one');
    expect(memories.of('weddings/one')).toBe(one);
    expect(memories.find('weddings/one')).toBe(one);
    expect(memories.of('weddings/two')).not.toBe(one);
    expect(memories.find('weddings/three')).toBeUndefined();
    expect(memories.size).toBe(2);
  });

  it('forgets everything of a PresenceCluster at once, its connections included', () => {
    const memories = new ClusterMemories();
    const { failovers, redis } = memories.of('weddings/one');
    const other = memories.of('weddings/two');
    failovers.noteAttempt(1, 1_000);
    redis.as({ password: 'a' });
    memories.forget('weddings/one');
    memories.forget('weddings/unknown');
    expect(redis.login).toBeUndefined();
    expect(memories.of('weddings/one').failovers.attempts.size).toBe(0);
    expect(memories.of('weddings/two')).toBe(other);
  });

  it('closes all connections, and makes new ones when asked again', () => {
    const memories = new ClusterMemories();
    const { redis } = memories.of('weddings/one');
    const first = redis.as({ password: 'a' });
    memories.close();
    expect(redis.as({ password: 'a' })).not.toBe(first);
    memories.close();
  });
});
