import { isDeepStrictEqual } from 'node:util';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { redisServerName } from '../../domain/resources/redis-tls.ts';
import { type AdminLogin, createRedisAdmin, type RedisAdmin } from '../../platform/redis/admin.ts';
import type { ClusterSecrets } from '../credentials/secrets.ts';

/** A healthy node answers in milliseconds; a hung one must not hold up a reconcile. */
const CONNECT_TIMEOUT_MS = 500;
const COMMAND_TIMEOUT_MS = 1000;

/** The connections to the Redis nodes of one PresenceCluster, kept between reconciles. */
export class RedisConnection {
  #current: { login: AdminLogin; admin: RedisAdmin } | undefined;

  /** The admin for this login; another login closes the connections of the one before. */
  as(login: AdminLogin): RedisAdmin {
    if (this.#current !== undefined && isDeepStrictEqual(this.#current.login, login))
      return this.#current.admin;
    this.close();
    const admin = createRedisAdmin({
      username: 'operator',
      ...login,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    this.#current = { login, admin };
    return admin;
  }

  /** How the Redis user `operator` logs in, once a reconcile has read it; undefined while only an empty password is known. */
  get login(): AdminLogin | undefined {
    const login = this.#current?.login;
    return login?.password ? login : undefined;
  }

  /** Ends all connections. The next `as` makes new ones. */
  close(): void {
    this.#current?.admin.close();
    this.#current = undefined;
  }
}

/** How to log in by what the Secrets say. When one of them is gone, what it said before still applies. */
export function loginFor(
  cluster: PresenceCluster,
  { redis, tls }: Pick<ClusterSecrets, 'redis' | 'tls'>,
  before: AdminLogin | undefined,
): AdminLogin {
  const password = redis.operatorPassword ?? before?.password ?? '';
  if (tls === undefined) return { password };
  const trust =
    tls.inUse === undefined
      ? before?.tls
      : { ca: tls.inUse.authorities.join(''), servername: redisServerName(cluster) };
  // Without a trusted authority there is no server yet, and falling back to plain text would send the password in the clear.
  return { password, tls: trust ?? { ca: '', servername: redisServerName(cluster) } };
}
