import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../platform/runtime/clock.ts';

const FETCH_TIMEOUT_MS = 3_000;
/**
 * jose trusts a set for 10 minutes, so a removed key would be good for as long. With the time for which a verified token is
 * trusted (token-cache.ts) this is a minute.
 */
const TRUSTED_MS = 30_000;

/**
 * The keys of a JWKS URL, fetched again when a token needs them and they are older than half a minute. While the URL does
 * not answer, the last fetched keys are good for 10 minutes: an outage of the URL says nothing against its keys.
 */
export function remoteKeySet(url: URL, clock: Pick<Clock, 'monotonicMs'>): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;
  return async (header, token) => {
    if (fetching === undefined && clock.monotonicMs() - fetchedAt >= TRUSTED_MS) {
      fetchedAt = clock.monotonicMs();
      fetching = keys
        .reload()
        .catch(() => {})
        .finally(() => {
          fetching = undefined;
        });
    }
    await fetching;
    return keys(header, token);
  };
}
