import { describe, expect, it } from 'vitest';
import { RateLimits } from './rate-limit.ts';

const RATE = { perSecond: 10, burst: 20 };
const limitsOf = (maxConnectionsPerUser = 200) => new RateLimits({ rate: RATE, maxConnectionsPerUser });
const takeMany = (take: () => string | boolean, count: number) => Array.from({ length: count }, take);

describe('RateLimits', () => {
  it('drops what is too fast, and closes who goes on', () => {
    const limit = limitsOf().open('ann', 0);
    const verdicts = takeMany(() => limit.take(0), 100);
    expect(verdicts.filter((verdict) => verdict === 'pass')).toHaveLength(20);
    expect(verdicts.filter((verdict) => verdict === 'drop')).toHaveLength(40);
    expect(verdicts.at(-1)).toBe('close');
  });

  it('bounds all connections of a user together, and leaves other users alone', () => {
    const limits = limitsOf();
    const all = Array.from({ length: 5 }, () => limits.open('ann', 0));
    const passed = all.flatMap((limit) => takeMany(() => limit.take(0), 20)).filter((v) => v === 'pass');
    expect(passed).toHaveLength(60);
    expect(limits.open('bob', 0).take(0)).toBe('pass');
  });

  it('says after each drop when the next message can pass', () => {
    const limit = limitsOf().open('ann', 0);
    takeMany(() => limit.take(0), 20);
    expect(limit.take(0)).toBe('drop');
    expect(limit.backOffMs).toBe(100);
    expect(limit.take(limit.backOffMs - 1)).toBe('drop');
    expect(limit.take(limit.backOffMs + 99)).toBe('pass');
  });

  it('never closes a connection that waits as it is told, however many share the limit of its user', () => {
    const limits = limitsOf();
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

  it('keeps the shared limit of a user who reconnects, until it is full again', () => {
    const limits = limitsOf();
    const passes = (nowMs: number): number => {
      const limit = limits.open('ann', nowMs);
      const passed = takeMany(() => limit.take(nowMs), 25).filter((verdict) => verdict === 'pass').length;
      limit.release();
      return passed;
    };
    expect([passes(0), passes(0), passes(0), passes(0)]).toEqual([20, 20, 20, 0]);
    expect(passes(1_000)).toBe(20);
    expect(passes(1_000)).toBe(10);
  });

  it('forgets a user without connections when the limits are full again, and does not before', () => {
    const limits = limitsOf(10);
    const other = (nowMs: number) => limits.admit('bob', nowMs);
    expect(limits.admit('ann', 0)).toBeUndefined();
    const [first, second] = [limits.open('ann', 0), limits.open('ann', 0)];
    takeMany(() => first.take(0), 20);
    first.release();
    first.release();
    second.release();
    other(100);
    expect(limits.users).toBe(2);
    other(10_000);
    expect(limits.users).toBe(1);
  });

  it('bounds the connections of a user, and leaves other users alone', () => {
    const limits = limitsOf(2);
    const connect = (user: string) => {
      const refusal = limits.admit(user, 0);
      return refusal?.code ?? limits.open(user, 0);
    };
    const first = connect('ann');
    connect('ann');
    expect(connect('ann')).toBe('too_many_connections');
    expect(connect('bob')).not.toBe('too_many_connections');
    if (typeof first === 'string') throw new Error(first);
    first.release();
    expect(connect('ann')).not.toBe('too_many_connections');
  });

  it('bounds how fast a user connects, whatever became of the connections, and says when to come again', () => {
    const limits = limitsOf(10);
    const connect = (nowMs: number) => {
      const refusal = limits.admit('ann', nowMs);
      if (refusal === undefined) limits.open('ann', nowMs).release();
      return refusal;
    };
    expect(takeMany(() => connect(0)?.code ?? 'in', 40)).not.toContain('connecting_too_fast');
    expect(connect(0)).toEqual({ code: 'connecting_too_fast', retryAfterMs: 500 });
    expect(connect(499)).toMatchObject({ code: 'connecting_too_fast' });
    expect(connect(500)).toBeUndefined();
    expect(limits.admit('bob', 500)).toBeUndefined();
  });
});
