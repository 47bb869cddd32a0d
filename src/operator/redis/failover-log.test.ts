import { describe, expect, it } from 'vitest';
import { FailoverLog } from './failover-log.ts';

const KEY = 'weddings/wedsync';

describe('FailoverLog', () => {
  it('takes a failover for under way until it is seen to be done, and 5 s at most', () => {
    const log = new FailoverLog();
    expect(log.isUnderWay(KEY, 1_000)).toBe(false);
    log.noteAttempt(KEY, 1, 1_000);
    expect(log.isUnderWay(KEY, 5_999)).toBe(true);
    expect(log.isUnderWay(KEY, 6_000)).toBe(false);
    log.noteAttempt(KEY, 1, 7_000);
    log.noteDone(KEY, 1, 'redis-1-1', 7_100);
    expect(log.isUnderWay(KEY, 7_200)).toBe(false);
    expect(log.attempts(KEY).get(1)).toEqual({ askedMs: 7_000, doneMs: 7_100 });
  });

  it('is quiet since a time when no shard was moved from then on', () => {
    const log = new FailoverLog();
    log.noteAttempt(KEY, 0, 1_000);
    log.noteAttempt(KEY, 2, 3_000);
    expect(log.isQuietSince(KEY, 3_000)).toBe(false);
    expect(log.isQuietSince(KEY, 3_001)).toBe(true);
    expect(log.isQuietSince('weddings/other', 0)).toBe(true);
  });

  it('knows nothing of a promotion that nobody asked for, nor of a PresenceCluster that is gone', () => {
    const log = new FailoverLog();
    log.noteDone(KEY, 0, 'redis-0-1', 1_000);
    expect(log.attempts(KEY).size).toBe(0);
    log.noteAttempt(KEY, 0, 1_000);
    log.forget(KEY);
    expect(log.isUnderWay(KEY, 1_001)).toBe(false);
    expect(log.electedMs(KEY, 'redis-0-1')).toBeUndefined();
  });

  it('remembers when each pod was last elected, whoever asked for it', () => {
    const log = new FailoverLog();
    log.noteDone(KEY, 0, 'redis-0-1', 1_000);
    log.noteDone(KEY, 0, 'redis-0-0', 3_000);
    log.noteDone(KEY, 0, 'redis-0-1', 9_000);
    expect(log.electedMs(KEY, 'redis-0-1')).toBe(9_000);
    expect(log.electedMs(KEY, 'redis-0-0')).toBe(3_000);
    expect(log.electedMs('weddings/other', 'redis-0-1')).toBeUndefined();
  });
});
