import { randomBytes } from 'node:crypto';
import { MIN_SIGNING_KEY_BYTES, signingKeyOf } from '../../api/protocol/signing-key.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { Passwords } from '../../domain/resources/credentials.ts';
import { signingSecretName } from '../../domain/resources/presence-workload.ts';
import { presenceAuthSecret, REDIS_USERS } from '../../domain/resources/redis-acl-secret.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import {
  type AclSecret,
  aclSecretManifest,
  missingSecret,
  readAclSecret,
  refusedAclSecret,
  type Secret,
} from './acl-secret.ts';
import {
  findSecret,
  getOrCreateSecret,
  type OwnSecretOptions,
  orWhenRefused,
  readSecret,
} from './own-secret.ts';
import { ensureCertificates, type TlsState } from './tls-secrets.ts';

/** 256 bits, as text. */
const SECRET_BYTES = 32;

export interface ClusterSecrets {
  /** The Secret of the Redis users. */
  redis: AclSecret;
  /** A sentence: why the Secret with the key that signs tokens cannot be used. */
  signingProblem?: string;
  /** Certificates of the Redis servers; absent where neither clients nor the bus use TLS. */
  tls?: TlsState;
  /** What the API server refuses with the Secrets and the Certificate, in the order in which they were looked at. */
  refused: readonly Error[];
}

export interface EnsureOptions {
  client: KubeClient;
  cluster: PresenceCluster;
  spec: PresenceClusterSpec;
  /** Redis servers may be running, with passwords that only the Secret knows. */
  serversRun: boolean;
  /** Some of them were started with certificates; left out: as `serversRun`. */
  certificatesRun?: boolean;
  now: Date;
  signal: AbortSignal;
}

/**
 * Makes the Secrets of a PresenceCluster on first sight and reads them afterwards. They are created, never
 * applied: overwriting the passwords would lock all clients out of the running servers. So would recreating them.
 */
export async function ensureSecrets(options: EnsureOptions): Promise<ClusterSecrets> {
  const refused: Error[] = [];
  const known = { ...options, onRefused: (refusal: Error): void => void refused.push(refusal) };
  const redis = await orWhenRefused<AclSecret>(known, ensureRedisSecret(known), (refusal) => ({
    problem: refusedAclSecret(refusal),
    rulesAreCurrent: true,
  }));
  const signingProblem = await orWhenRefused<string | undefined>(
    known,
    ensureSigningKey(known),
    ({ message }) => message,
  );
  const tls = await ensureCertificates(known);
  return { redis, ...(signingProblem ? { signingProblem } : {}), ...(tls ? { tls } : {}), refused };
}

async function ensureRedisSecret(options: OwnSecretOptions & EnsureOptions): Promise<AclSecret> {
  const { cluster, serversRun } = options;
  const name = childName.redisAcl(cluster.metadata.name);
  const secret = serversRun
    ? await findSecret(options, name)
    : await getOrCreateSecret(options, name, () =>
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

async function ensureSigningKey(options: OwnSecretOptions & EnsureOptions): Promise<string | undefined> {
  const { cluster, spec } = options;
  const name = signingSecretName(cluster.metadata.name, spec);
  if (name === undefined) return undefined;
  if (spec.presence.auth?.secretName === undefined) {
    const own = await getOrCreateSecret(options, name, () =>
      presenceAuthSecret(cluster, randomBytes(SECRET_BYTES).toString('base64url')),
    );
    return keyProblem(own);
  }
  const given = await readSecret(options, name);
  if (given === undefined) return `Secret ${name}, named by spec.presence.auth.secretName, does not exist.`;
  return keyProblem(given);
}

/** With such a key presence pods end as soon as they start. */
function keyProblem({ metadata, data }: Secret): string | undefined {
  const { length } = signingKeyOf(Buffer.from(data?.secret ?? '', 'base64'));
  if (length === 0) return `Secret ${metadata.name} lacks the key secret.`;
  if (length >= MIN_SIGNING_KEY_BYTES) return undefined;
  return `Secret ${metadata.name} has only ${length} bytes under the key secret, and HS256 needs at least ${MIN_SIGNING_KEY_BYTES}.`;
}
