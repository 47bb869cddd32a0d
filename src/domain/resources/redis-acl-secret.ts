import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/** Users of the Redis Cluster; `default` is off. */
export const REDIS_USERS = ['operator', 'presence', 'probe', 'replication'] as const;
export type RedisUser = (typeof REDIS_USERS)[number];

/** Keys of the Secret, and file names where it is mounted. */
export const ACL_FILE = 'users.acl';
export const REPLICATION_AUTH_FILE = 'replication.conf';
/** How far a rotation of the passwords is; mounted nowhere. */
export const ROTATION_KEY = 'rotation.json';
export const passwordKey = (user: RedisUser): string => `${user}-password`;

/**
 * The Secret with the users of the Redis Cluster. The running servers hold the same passwords: it is created once, and then
 * changes only by the steps of a rotation.
 *
 * @param passwords random text for each user
 * @param aclFile content of `users.acl`
 * @param rotation how far a rotation is; left out when there never was one
 */
export function redisAclSecret(
  owner: PresenceCluster,
  passwords: Readonly<Record<RedisUser, string>>,
  aclFile: string,
  rotation?: string,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(owner, childName.redisAcl(owner.metadata.name), 'redis'),
    type: 'Opaque',
    stringData: {
      ...Object.fromEntries(REDIS_USERS.map((user) => [passwordKey(user), passwords[user]])),
      [ACL_FILE]: aclFile,
      [REPLICATION_AUTH_FILE]: `masteruser replication\nmasterauth ${passwords.replication}\n`,
      ...(rotation === undefined ? {} : { [ROTATION_KEY]: rotation }),
    },
  };
}

/** The Secret whose key `secret` signs tokens, for a PresenceCluster that names no other. Created once. */
export function presenceAuthSecret(owner: PresenceCluster, signingKey: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(owner, childName.presenceAuth(owner.metadata.name), 'presence'),
    type: 'Opaque',
    stringData: { secret: signingKey },
  };
}
