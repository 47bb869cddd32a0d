import { describe, expect, it } from 'vitest';
import { FailoverLog } from './failover-log.ts';

describe('FailoverLog', () => {
  it('takes a failover for under way until it is seen to be done, and 5 s at most', () => {
    const log = new FailoverLog();
    expect(log.isUnderWay(1_000)).toBe(false);
    log.noteAttempt(1, 1_000);
    expect(log.isUnderWay(5_999)).toBe(true);
    expect(log.isUnderWay(6_000)).toBe(false);
    log.noteAttempt(1, 7_000);
    log.noteDone(1, 'redis-1-1', 7_100);
    expect(log.isUnderWay(7_200)).toBe(false);
    expect(log.attempts.get(1)).toEqual({ askedMs: 7_000, doneMs: 7_100 });
  });

  it('is quiet since a time when no shard was moved from then on', () => {
    const log = new FailoverLog();
    log.noteAttempt(0, 1_000);
    log.noteAttempt(2, 3_000);
    expect(log.isQuietSince(3_000)).toBe(false);
    expect(log.isQuietSince(3_001)).toBe(true);
    expect(new FailoverLog().isQuietSince(0)).toBe(true);
  });

  it('knows nothing of a promotion that was not requested', () => {
    const log = new FailoverLog();
    log.noteDone(0, 'redis-0-1', 1_000);
    expect(log.attempts.size).toBe(0);
    expect(log.isUnderWay(1_001)).toBe(false);
  });

  it('remembers when each pod was last elected, whoever asked for it', () => {
    const log = new FailoverLog();
    log.noteDone(0, 'redis-0-1', 1_000);
    log.noteDone(0, 'redis-0-0', 3_000);
    log.noteDone(0, 'redis-0-1', 9_000);
    expect(log.electedMs('redis-0-1')).toBe(9_000);
    expect(log.electedMs('redis-0-0')).toBe(3_000);
    expect(log.electedMs('redis-1-1')).toBeUndefined();
  });
});
