import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/runtime/clock.ts';
import { Lru } from '../limits/lru.ts';
import { endOf, type Identity, type VerifyToken } from './identity.ts';

export interface TokenCacheOptions {
  readonly verify: VerifyToken;
  readonly clock: Clock;
  /** Tokens that are cached. */
  readonly maxTokens: number;
  /** The keys may change under this server; a secret of its own does not while it lives. */
  readonly keysChange: boolean;
  readonly counted: (result: 'hit' | 'miss') => void;
}

interface Known {
  readonly identity: Identity;
  readonly checkedAt: number;
}

/** A key that was removed from the key set is trusted for at most a minute: half of it here, half of it in key-set.ts. */
const TRUSTED_MS = 30_000;

/** Caches tokens that verified, by their hash, until they expire; no longer than half a minute where keys may change. */
export function cachedVerifier(options: TokenCacheOptions): VerifyToken {
  const { verify, clock, counted } = options;
  const trustedMs = options.keysChange ? TRUSTED_MS : Number.POSITIVE_INFINITY;
  const known = new Lru<string, Known>(options.maxTokens);
  return async (token) => {
    if (token === undefined || token === '') return verify(token);
    const key = createHash('sha256').update(token).digest('base64');
    const found = known.get(key);
    const fresh = found !== undefined && clock.monotonicMs() - found.checkedAt < trustedMs;
    if (fresh && clock.now().getTime() < endOf(found.identity)) {
      counted('hit');
      return found.identity;
    }
    counted('miss');
    const checkedAt = clock.monotonicMs();
    const identity = await verify(token);
    known.set(key, { identity, checkedAt });
    return identity;
  };
}
