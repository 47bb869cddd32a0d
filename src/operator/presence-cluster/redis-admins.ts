import { createRedisAdmin, type RedisAdmin } from '../../platform/redis/admin.ts';

/** A healthy node answers in milliseconds; a hung one must not hold up a pass. */
const CONNECT_TIMEOUT_MS = 500;
const COMMAND_TIMEOUT_MS = 1000;

/** Connections to the Redis nodes of every PresenceCluster, kept from pass to pass. */
export class RedisAdmins {
  readonly #admins = new Map<string, { password: string; admin: RedisAdmin }>();

  /** @param key namespace/name of the PresenceCluster */
  get(key: string, password: string): RedisAdmin {
    const existing = this.#admins.get(key);
    if (existing?.password === password) return existing.admin;
    existing?.admin.close();
    const admin = createRedisAdmin({
      username: 'operator',
      password,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    this.#admins.set(key, { password, admin });
    return admin;
  }

  /** The password of the Redis user `operator`, once a pass has read it; none while only an empty one is known. */
  passwordOf(key: string): string | undefined {
    return this.#admins.get(key)?.password || undefined;
  }

  forget(key: string): void {
    this.#admins.get(key)?.admin.close();
    this.#admins.delete(key);
  }

  close(): void {
    for (const key of [...this.#admins.keys()]) this.forget(key);
  }
}
