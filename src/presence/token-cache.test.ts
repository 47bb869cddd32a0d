import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type Identity, TokenRefused, type VerifyToken } from './identity.ts';
import { cachedVerifier } from './token-cache.ts';

describe('cachedVerifier', () => {
  let clock: ManualClock;
  let verified: string[];
  let results: string[];
  let verify: VerifyToken;

  beforeEach(() => {
    clock = new ManualClock();
    verified = [];
    results = [];
    verify = cachedVerifier({
      clock,
      most: 2,
      counted: (result) => void results.push(result),
      verify: async (token): Promise<Identity> => {
        if (token === 'bad' || token === undefined) throw new TokenRefused('unauthorized', 'no');
        verified.push(token);
        return { user: token, role: 'other', weddings: [], expiresAt: clock.now().getTime() + 30_000 };
      },
    });
  });

  it('verifies once, and again after a minute or after the token expired', async () => {
    expect((await verify('a')).user).toBe('a');
    expect((await verify('a')).user).toBe('a');
    expect(verified).toEqual(['a']);
    await clock.advance(30_000);
    await verify('a');
    expect(verified).toEqual(['a', 'a']);
    expect(results).toEqual(['miss', 'hit', 'miss']);
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
