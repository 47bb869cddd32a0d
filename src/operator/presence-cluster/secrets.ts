import { randomBytes } from 'node:crypto';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import { signingSecretName } from '../../domain/resources/presence-workload.ts';
import {
  passwordKey,
  presenceAuthSecret,
  REDIS_USERS,
  type RedisUser,
  redisAclSecret,
} from '../../domain/resources/redis-acl-secret.ts';
import { aclFile } from '../../domain/topology/acl.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { sha256Hex } from '../content-hash.ts';

/** 256 bits, as text. */
const SECRET_BYTES = 32;

type Secret = KubeObject & { data?: Record<string, string> };

export interface ClusterSecrets {
  /** Password of the Redis user `operator`. */
  operatorPassword: string;
  /** Set when the Secret that spec.presence.auth names is missing or lacks its key. */
  signingProblem?: string;
}

/**
 * Makes the Secrets of a PresenceCluster on first sight and reads them afterwards. They are created, never
 * applied: overwriting the passwords would lock everybody out of the running servers.
 */
export async function ensureSecrets(
  client: KubeClient,
  cluster: PresenceCluster,
  spec: PresenceClusterSpec,
  signal: AbortSignal,
): Promise<ClusterSecrets> {
  const acl = await getOrCreate(client, cluster, childName.redisAcl(cluster.metadata.name), signal, () =>
    newRedisSecret(cluster),
  );
  const operatorPassword = decode(acl, passwordKey('operator'));
  if (operatorPassword === undefined) {
    throw new Error(`Secret ${acl.metadata.name} lacks the key ${passwordKey('operator')}`);
  }
  const signingProblem = await ensureSigningKey(client, cluster, spec, signal);
  return { operatorPassword, ...(signingProblem ? { signingProblem } : {}) };
}

async function ensureSigningKey(
  client: KubeClient,
  cluster: PresenceCluster,
  spec: PresenceClusterSpec,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = signingSecretName(cluster.metadata.name, spec);
  if (name === undefined) return undefined;
  if (spec.presence.auth?.secretName === undefined) {
    await getOrCreate(client, cluster, name, signal, () =>
      presenceAuthSecret(cluster, randomBytes(SECRET_BYTES).toString('base64url')),
    );
    return undefined;
  }
  const given = await client.get<Secret>(builtin.Secret, cluster.metadata.namespace, name, { signal });
  if (given === undefined) return `Secret ${name}, named by spec.presence.auth.secretName, does not exist`;
  return given.data?.secret === undefined ? `Secret ${name} lacks the key secret` : undefined;
}

async function getOrCreate(
  client: KubeClient,
  cluster: PresenceCluster,
  name: string,
  signal: AbortSignal,
  make: () => Manifest,
): Promise<Secret> {
  const { namespace } = cluster.metadata;
  const find = async () =>
    ofThisCluster(await client.get<Secret>(builtin.Secret, namespace, name, { signal }), cluster);
  const found = await find();
  if (found) return found;
  try {
    return await client.create<Secret>(make() as unknown as Secret, {
      fieldManager: FIELD_MANAGER.operator,
      signal,
    });
  } catch (error) {
    // Somebody was faster: theirs is the one that the servers will hold.
    if (!(error instanceof KubeError) || error.code !== 409) throw error;
    const theirs = await find();
    if (!theirs) throw error;
    return theirs;
  }
}

/**
 * @throws Error when the Secret is of a PresenceCluster of the same name that is gone: the garbage collector is about
 * to delete it, and servers that had started with it would keep passwords that nobody knows.
 */
function ofThisCluster(secret: Secret | undefined, cluster: PresenceCluster): Secret | undefined {
  const owner = secret?.metadata.ownerReferences?.find(({ kind }) => kind === cluster.kind);
  if (owner === undefined || owner.uid === cluster.metadata.uid) return secret;
  throw new Error(
    `Secret ${secret?.metadata.name} belongs to a PresenceCluster that is gone; waiting for its deletion`,
  );
}

function newRedisSecret(cluster: PresenceCluster): Manifest {
  const passwords = Object.fromEntries(
    REDIS_USERS.map((user) => [user, randomBytes(SECRET_BYTES).toString('hex')]),
  ) as Record<RedisUser, string>;
  const hashes = Object.fromEntries(REDIS_USERS.map((user) => [user, sha256Hex(passwords[user])])) as Record<
    RedisUser,
    string
  >;
  return redisAclSecret(cluster, passwords, aclFile(hashes));
}

function decode(secret: Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
