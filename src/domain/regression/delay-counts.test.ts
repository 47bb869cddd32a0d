import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addDelays, countOf, meanScore, ranksIn, shareFrom, slowestFrom } from './delay-counts.ts';

const delays = fc
  .array(fc.nat({ max: 1_000 }), { minLength: 2, maxLength: 14 })
  .filter((counts) => countOf(counts) > 0);

it('delays add up by bucket, also with nothing', () => {
  expect(addDelays([1, 2, 3], [4, 5, 6])).toEqual([5, 7, 9]);
  expect(addDelays([], [1, 2])).toEqual([1, 2]);
});

it('ranks are halves of buckets, and without delays all are the same', () => {
  expect(ranksIn([1, 2, 1])).toEqual([0.125, 0.5, 0.875]);
  expect(ranksIn([0, 0])).toEqual([0.5, 0.5]);
});

it('the mean rank of all delays is a half', () => {
  fc.assert(
    fc.property(delays, (all) => {
      expect(meanScore(all, ranksIn(all))).toBeCloseTo(0.5);
    }),
  );
});

it('slower delays have a higher mean rank', () => {
  const ranks = ranksIn(addDelays([9, 1], [1, 9]));
  expect(meanScore([1, 9], ranks)).toBeGreaterThan(meanScore([9, 1], ranks));
});

it('the slowest are at most the share that is asked for, unless the last bucket alone is more', () => {
  expect(slowestFrom([90, 6, 3, 1], 0.05)).toBe(2);
  expect(slowestFrom([0, 0, 100], 0.05)).toBe(2);
  expect(slowestFrom([100, 0, 0], 0.05)).toBe(1);
  fc.assert(
    fc.property(delays, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const bucket = slowestFrom(all, share);
      expect(bucket).toBeGreaterThan(0);
      expect(bucket).toBeLessThan(all.length);
      if (bucket < all.length - 1) expect(shareFrom(all, bucket)).toBeLessThanOrEqual(share + 1e-9);
    }),
  );
});
