import type { ClusterOptions } from 'ioredis';
import type { TlsTrust } from './tls-trust.ts';

/** Redis user of a client; `default` without a password when left out. */
export interface ClusterLogin {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** `TlsTrust.option`; connections are not encrypted when left out. */
  readonly tls?: TlsTrust['option'] | undefined;
}

/**
 * Retries of one command; each takes about 61 ms. Enough for an election by gossip with a node time-out of 5 s: with fewer a
 * command fails that would have succeeded.
 */
const MAX_REDIRECTIONS = 160;
/** ioredis documents a refresh every 5 s and makes none: a primary that hangs, and says nothing, would never be left. */
const SLOTS_REFRESH_MS = 2_000;
/** A socket that is silent for this long while an answer is due is closed; ioredis by default waits for ever. */
const SOCKET_TIMEOUT_MS = 1_500;

/**
 * Options of ioredis' `Cluster` with which a killed or hanging primary costs neither an error nor an acknowledged write.
 * Start nodes must be DNS names of Services: after all pods have moved, addresses would lead nowhere. Nothing may be
 * added to `redisOptions` without keeping the ones in here.
 */
export function tunedClusterOptions({ username, password, tls }: ClusterLogin) {
  return {
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnFailover: 100,
    retryDelayOnClusterDown: 100,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    slotsRefreshTimeout: 1_000,
    clusterRetryStrategy: (times: number) => Math.min(50 + 50 * times, 1_000),
    redisOptions: {
      connectTimeout: 1_000,
      socketTimeout: SOCKET_TIMEOUT_MS,
      maxRetriesPerRequest: 1,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls }),
    },
  } satisfies ClusterOptions;
}
