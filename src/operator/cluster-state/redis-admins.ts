import { isDeepStrictEqual } from 'node:util';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { redisServerName } from '../../domain/resources/redis-tls.ts';
import { type AdminLogin, createRedisAdmin, type RedisAdmin } from '../../platform/redis/admin.ts';
import type { ClusterSecrets } from '../credentials/secrets.ts';

/** A healthy node answers in milliseconds; a hung one must not hold up a pass. */
const CONNECT_TIMEOUT_MS = 500;
const COMMAND_TIMEOUT_MS = 1000;

/** Connections to the Redis nodes of every PresenceCluster, kept from pass to pass. */
export class RedisAdmins {
  readonly #admins = new Map<string, { login: AdminLogin; admin: RedisAdmin }>();

  /** @param key namespace/name of the PresenceCluster */
  get(key: string, login: AdminLogin): RedisAdmin {
    const existing = this.#admins.get(key);
    if (existing !== undefined && isDeepStrictEqual(existing.login, login)) return existing.admin;
    existing?.admin.close();
    const admin = createRedisAdmin({
      username: 'operator',
      ...login,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    this.#admins.set(key, { login, admin });
    return admin;
  }

  /** How the Redis user `operator` logs in, once a pass has read it; nothing while only an empty password is known. */
  loginOf(key: string): AdminLogin | undefined {
    const login = this.#admins.get(key)?.login;
    return login?.password ? login : undefined;
  }

  forget(key: string): void {
    this.#admins.get(key)?.admin.close();
    this.#admins.delete(key);
  }

  close(): void {
    for (const key of [...this.#admins.keys()]) this.forget(key);
  }
}

/** How to log in by what the Secrets say. Without one of them, what it said before goes on being right. */
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
  // Nothing to trust is no reason to speak in the clear: until there is something, no server is there either.
  return { password, tls: trust ?? { ca: '', servername: redisServerName(cluster) } };
}
