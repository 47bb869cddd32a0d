import { randomBytes } from 'node:crypto';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { Passwords } from '../../domain/resources/credentials.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import { signingSecretName } from '../../domain/resources/presence-workload.ts';
import { presenceAuthSecret, REDIS_USERS } from '../../domain/resources/redis-acl-secret.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin } from '../../platform/kube/resource.ts';
import {
  type AclSecret,
  aclSecretManifest,
  missingSecret,
  readAclSecret,
  type Secret,
} from './acl-secret.ts';

/** 256 bits, as text. */
const SECRET_BYTES = 32;

export interface ClusterSecrets {
  /** The Secret of the Redis users. */
  redis: AclSecret;
  /** Set when the Secret that spec.presence.auth names is missing or lacks its key. */
  signingProblem?: string;
}

export interface EnsureOptions {
  client: KubeClient;
  cluster: PresenceCluster;
  spec: PresenceClusterSpec;
  /** Redis servers may be running, with passwords that only the Secret knows. */
  serversRun: boolean;
  signal: AbortSignal;
}

/**
 * Makes the Secrets of a PresenceCluster on first sight and reads them afterwards. They are created, never
 * applied: overwriting the passwords would lock everybody out of the running servers. So would making them anew.
 */
export async function ensureSecrets(options: EnsureOptions): Promise<ClusterSecrets> {
  const redis = await ensureRedisSecret(options);
  const signingProblem = await ensureSigningKey(options);
  return { redis, ...(signingProblem ? { signingProblem } : {}) };
}

async function ensureRedisSecret({ client, cluster, serversRun, signal }: EnsureOptions): Promise<AclSecret> {
  const name = childName.redisAcl(cluster.metadata.name);
  const secret = serversRun
    ? await find(client, cluster, name, signal)
    : await getOrCreate(client, cluster, name, signal, () =>
        aclSecretManifest(cluster, { passwords: newPasswords(), replaced: [] }),
      );
  return secret === undefined
    ? { problem: missingSecret(cluster), rulesAreCurrent: true }
    : readAclSecret(cluster, secret);
}

/** 256 bits for each user. */
export function newPasswords(): Passwords {
  return Object.fromEntries(
    REDIS_USERS.map((user) => [user, randomBytes(SECRET_BYTES).toString('hex')]),
  ) as unknown as Passwords;
}

async function ensureSigningKey({
  client,
  cluster,
  spec,
  signal,
}: EnsureOptions): Promise<string | undefined> {
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
  const found = await find(client, cluster, name, signal);
  if (found) return found;
  try {
    return await client.create<Secret>(make() as unknown as Secret, {
      fieldManager: FIELD_MANAGER.operator,
      signal,
    });
  } catch (error) {
    // Somebody was faster: theirs is the one that the servers will hold.
    if (!(error instanceof KubeError) || error.code !== 409) throw error;
    const theirs = await find(client, cluster, name, signal);
    if (!theirs) throw error;
    return theirs;
  }
}

async function find(
  client: KubeClient,
  cluster: PresenceCluster,
  name: string,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const { namespace } = cluster.metadata;
  return ofThisCluster(await client.get<Secret>(builtin.Secret, namespace, name, { signal }), cluster);
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
