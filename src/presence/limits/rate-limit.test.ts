import { describe, expect, it } from 'vitest';
import { RateLimits, TokenBucket } from './rate-limit.ts';

const RATE = { perSecond: 10, burst: 20 };
const takeMany = (take: () => string | boolean, count: number) => Array.from({ length: count }, take);

describe('TokenBucket', () => {
  it('gives a burst, then the rate, and never more than the burst after a long silence', () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(takeMany(() => bucket.take(0), 25).filter(Boolean)).toHaveLength(20);
    expect(takeMany(() => bucket.take(500), 10).filter(Boolean)).toHaveLength(5);
    expect(takeMany(() => bucket.take(1_000_000), 50).filter(Boolean)).toHaveLength(20);
  });

  it('is not refilled by a clock that stands still or goes back', () => {
    const bucket = new TokenBucket(RATE, 1_000);
    takeMany(() => bucket.take(1_000), 20);
    expect(bucket.take(1_000)).toBe(false);
    expect(bucket.take(0)).toBe(false);
  });
});

describe('RateLimits', () => {
  it('drops what is too fast, and closes who goes on', () => {
    const limit = new RateLimits(RATE).open('ann', 0);
    const verdicts = takeMany(() => limit.take(0), 100);
    expect(verdicts.filter((verdict) => verdict === 'pass')).toHaveLength(20);
    expect(verdicts.filter((verdict) => verdict === 'drop')).toHaveLength(40);
    expect(verdicts.at(-1)).toBe('close');
  });

  it('bounds all connections of a user together, and leaves other users alone', () => {
    const limits = new RateLimits(RATE);
    const all = Array.from({ length: 5 }, () => limits.open('ann', 0));
    const passed = all.flatMap((limit) => takeMany(() => limit.take(0), 20)).filter((v) => v === 'pass');
    expect(passed).toHaveLength(60);
    expect(limits.open('bob', 0).take(0)).toBe('pass');
  });

  it('says after each drop when the next message can pass', () => {
    const limit = new RateLimits(RATE).open('ann', 0);
    takeMany(() => limit.take(0), 20);
    expect(limit.take(0)).toBe('drop');
    expect(limit.backOffMs).toBe(100);
    expect(limit.take(limit.backOffMs - 1)).toBe('drop');
    expect(limit.take(limit.backOffMs + 99)).toBe('pass');
  });

  it('never closes a connection that waits as it is told, however many share the limit of its user', () => {
    const limits = new RateLimits(RATE);
    const all = Array.from({ length: 100 }, () => ({ limit: limits.open('ann', 0), next: 0, passed: 0 }));
    const count = { drop: 0, close: 0, pass: 0 };
    // Spread as the server spreads them, from one to two times, evenly.
    const spread = (ms: number): number => ms * (1 + ((count.drop * 0.618) % 1));
    for (let now = 0; now < 600_000; now += 10) {
      for (const one of all.filter(({ next }) => next <= now)) {
        const verdict = one.limit.take(now);
        count[verdict]++;
        if (verdict === 'pass') one.passed++;
        else one.next = now + spread(one.limit.backOffMs);
      }
    }
    expect(count.close).toBe(0);
    expect(Math.min(...all.map(({ passed }) => passed))).toBeGreaterThan(20);
  });

  it('forgets a user with the last connection', () => {
    const limits = new RateLimits(RATE);
    const [first, second] = [limits.open('ann', 0), limits.open('ann', 0)];
    first.release();
    first.release();
    expect(limits.users).toBe(1);
    second.release();
    expect(limits.users).toBe(0);
  });
});
