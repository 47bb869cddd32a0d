import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { CLOCK_TOLERANCE_MS, type Identity, TokenRefused, type VerifyToken } from './identity.ts';
import { cachedVerifier } from './token-cache.ts';

describe('cachedVerifier', () => {
  let clock: ManualClock;
  let verified: string[];
  let results: string[];
  let verify: VerifyToken;
  let lifeMs: number;
  const cached = (keysChange: boolean): VerifyToken =>
    cachedVerifier({
      clock,
      maxTokens: 2,
      keysChange,
      counted: (result) => void results.push(result),
      verify: async (token): Promise<Identity> => {
        if (token === 'bad' || token === undefined) throw new TokenRefused('unauthorized', 'no');
        verified.push(token);
        return { user: token, role: 'other', weddings: [], expiresAt: clock.now().getTime() + lifeMs };
      },
    });

  beforeEach(() => {
    clock = new ManualClock();
    verified = [];
    results = [];
    lifeMs = 600_000;
    verify = cached(true);
  });

  it('verifies once, and again after half a minute', async () => {
    expect((await verify('a')).user).toBe('a');
    await clock.advance(29_999);
    expect((await verify('a')).user).toBe('a');
    expect(verified).toEqual(['a']);
    await clock.advance(1);
    await verify('a');
    expect(verified).toEqual(['a', 'a']);
    expect(results).toEqual(['miss', 'hit', 'miss']);
  });

  it('verifies once where the secret is its own', async () => {
    verify = cached(false);
    await verify('a');
    await clock.advance(lifeMs + CLOCK_TOLERANCE_MS - 1);
    await verify('a');
    expect(verified).toEqual(['a']);
  });

  it.each([true, false])('verifies again when the token has expired; keys change: %s', async (keysChange) => {
    verify = cached(keysChange);
    lifeMs = 10_000;
    await verify('a');
    await clock.advance(lifeMs + CLOCK_TOLERANCE_MS - 1);
    await verify('a');
    expect(verified).toEqual(['a']);
    await clock.advance(1);
    await verify('a');
    expect(verified).toEqual(['a', 'a']);
  });

  it('never remembers a refusal', async () => {
    await expect(verify('bad')).rejects.toThrow(TokenRefused);
    await expect(verify('bad')).rejects.toThrow(TokenRefused);
    await expect(verify(undefined)).rejects.toThrow(TokenRefused);
  });

  it('forgets the one that was not used for longest', async () => {
    await verify('a');
    await verify('b');
    await verify('a');
    await verify('c');
    await verify('a');
    expect(verified).toEqual(['a', 'b', 'c']);
    await verify('b');
    expect(verified).toEqual(['a', 'b', 'c', 'b']);
  });
});
