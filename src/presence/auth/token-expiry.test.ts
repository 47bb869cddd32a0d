import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { TokenExpiry } from './token-expiry.ts';

/** Some that expire after so many milliseconds each, and which of them did. */
function setUp(...afterMs: number[]) {
  const clock = new ManualClock();
  const expired: number[] = [];
  const all = new Set<{ readonly endsAt: number; expire(): void }>();
  const expiry = new TokenExpiry(clock, () => all);
  const add = (ms: number): void => {
    const one = {
      endsAt: clock.now().getTime() + ms,
      expire: () => {
        all.delete(one);
        expired.push(ms);
      },
    };
    all.add(one);
    expiry.add(one);
  };
  for (const ms of afterMs) add(ms);
  return { clock, expired, expiry, add };
}

describe('TokenExpiry', () => {
  it('ends each at its instant, in whatever order they came, with one timer', async () => {
    const { clock, expired, add } = setUp(5_000, 1_000, 3_000, 3_000);
    expect(clock.pending).toBe(1);
    await clock.advance(999);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual([1_000]);
    add(500);
    await clock.advance(500);
    expect(expired).toEqual([1_000, 500]);
    await clock.advance(10_000);
    expect(expired).toEqual([1_000, 500, 3_000, 3_000, 5_000]);
    expect(clock.pending).toBe(0);
  });

  it('ends one that has expired already, and takes a token that ends after all time', async () => {
    const { clock, expired } = setUp(Number.MAX_SAFE_INTEGER, -1);
    await clock.advance(1);
    expect(expired).toEqual([-1]);
  });

  it('waits for nothing when it is closed, and again when one more comes', async () => {
    const { clock, expired, expiry, add } = setUp(1_000);
    expiry.close();
    expect(clock.pending).toBe(0);
    add(2_000);
    await clock.advance(2_000);
    expect(expired).toEqual([1_000, 2_000]);
  });
});
