import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const RATE = { perSecond: 10, burst: 20 };
const takeMany = (take: () => boolean, count: number) => Array.from({ length: count }, take);

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

  it('is full again when the burst has had its time', () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.isFull(0)).toBe(true);
    takeMany(() => bucket.take(0), 20);
    expect(bucket.isFull(1_999)).toBe(false);
    expect(bucket.isFull(2_000)).toBe(true);
  });
});
