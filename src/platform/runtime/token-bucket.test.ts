import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('begins with its burst and then gives tokens at its rate', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 1_000);
    expect([1, 2, 3, 4].map(() => bucket.take(1_000))).toEqual([true, true, true, false]);
    expect(bucket.take(1_499)).toBe(false);
    expect(bucket.take(1_500)).toBe(true);
    expect(bucket.take(1_500)).toBe(false);
  });

  it('never saves more than its burst, however long it rests', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 2 }, 0);
    expect([1, 2, 3].map(() => bucket.take(1_000_000))).toEqual([true, true, false]);
  });
});
