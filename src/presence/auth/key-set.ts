import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../platform/runtime/clock.ts';

const FETCH_TIMEOUT_MS = 3_000;
/**
 * jose believes a set for 10 minutes, so a key that was taken out would be good for as long. With the time for which
 * a token is believed (token-cache.ts) this is a minute.
 */
const BELIEVED_MS = 30_000;

/**
 * The keys of a JWKS URL, asked for again when somebody needs one that is older than half a minute. While the URL does not
 * answer, what it said last is good for 10 minutes: that it is away says nothing against its keys.
 */
export function remoteKeySet(url: URL, clock: Pick<Clock, 'monotonicMs'>): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS });
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  return async (header, token) => {
    if (asking === undefined && clock.monotonicMs() - askedAt >= BELIEVED_MS) {
      askedAt = clock.monotonicMs();
      asking = keys
        .reload()
        .catch(() => {})
        .finally(() => {
          asking = undefined;
        });
    }
    await asking;
    return keys(header, token);
  };
}
