import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('stays between the least and three times the wait before, and under the longest', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (randoms) => {
        let next = 0;
        const backoff = new Backoff(() => randoms[next++] ?? 0);
        let before = 100;
        for (const _ of randoms) {
          const wait = backoff.next();
          expect(wait).toBeGreaterThanOrEqual(100);
          expect(wait).toBeLessThanOrEqual(Math.min(10_000, 3 * before));
          before = wait;
        }
      }),
    );
  });

  it('never comes before the hint of the server, and is short again after a success', () => {
    const backoff = new Backoff(() => 1);
    expect(backoff.next(2_000)).toBe(2_300);
    for (let attempt = 0; attempt < 10; attempt++) backoff.next();
    expect(backoff.next()).toBe(10_000);
    backoff.reset();
    expect(backoff.next()).toBe(300);
  });
});
