import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/runtime/clock.ts';
import { Lru } from '../limits/lru.ts';
import type { Identity, VerifyToken } from './identity.ts';

export interface TokenCacheOptions {
  readonly verify: VerifyToken;
  readonly clock: Clock;
  /** Tokens that are remembered. */
  readonly most: number;
  /** The keys may change under this server; a secret of its own does not while it lives. */
  readonly keysChange: boolean;
  readonly counted: (result: 'hit' | 'miss') => void;
}

interface Known {
  readonly identity: Identity;
  readonly checkedAt: number;
}

/** A key that was taken out of the key set is believed for a minute at most: half of it here, half of it in key-set.ts. */
const BELIEVED_MS = 30_000;

/** Remembers tokens that verified, by their hash, until they expire; no longer than half a minute where keys may change. */
export function cachedVerifier(options: TokenCacheOptions): VerifyToken {
  const { verify, clock, counted } = options;
  const believedMs = options.keysChange ? BELIEVED_MS : Number.POSITIVE_INFINITY;
  const known = new Lru<string, Known>(options.most);
  return async (token) => {
    if (token === undefined || token === '') return verify(token);
    const key = createHash('sha256').update(token).digest('base64');
    const found = known.get(key);
    const fresh = found !== undefined && clock.monotonicMs() - found.checkedAt < believedMs;
    if (fresh && clock.now().getTime() < found.identity.expiresAt) {
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
