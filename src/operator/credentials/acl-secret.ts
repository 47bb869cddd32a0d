import * as z from 'zod';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from '../../domain/resources/child-names.ts';
import {
  acceptedHashes,
  type Credentials,
  type Passwords,
  type Rotation,
} from '../../domain/resources/credentials.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import {
  ACL_FILE,
  passwordKey,
  REDIS_USERS,
  REPLICATION_AUTH_FILE,
  type RedisUser,
  ROTATION_KEY,
  redisAclSecret,
} from '../../domain/resources/redis-acl-secret.ts';
import { aclFile } from '../../domain/topology/acl.ts';
import { ENGINE_NAME } from '../../domain/topology/engine.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import type { SecretRefusedError } from './secret-refused.ts';

export type Secret = KubeObject & { data?: Record<string, string> };

/** A problem of the Secret of the Redis users, for people. */
export interface CredentialProblem {
  readonly reason: 'SecretMissing' | 'SecretRefused' | 'KeyMissing' | 'KeyChanged';
  readonly message: string;
}

/** The Secret of the Redis users as it was read. */
export interface AclSecret {
  /** Left out when the key is not there, or is not what the servers take. */
  readonly operatorPassword?: string;
  /** Left out with a problem. */
  readonly credentials?: Credentials;
  readonly problem?: CredentialProblem;
  readonly resourceVersion?: string;
  /** `users.acl` is as this version of the operator writes it. */
  readonly rulesAreCurrent: boolean;
}

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const user = z.enum(REDIS_USERS);
const passwords = z.object({
  operator: z.string(),
  presence: z.string(),
  probe: z.string(),
  replication: z.string(),
});
const record = z.object({
  askedBy: z.string().optional(),
  replaced: z.array(z.object({ user, hash: z.string(), replacedAt: instant })).default([]),
  rotation: z
    .discriminatedUnion('phase', [
      z.object({ phase: z.literal('Adding'), since: instant, next: passwords }),
      z.object({ phase: z.enum(['Switched', 'Removing']), since: instant }),
    ])
    .optional(),
});

/** The whole Secret that says what these credentials say. */
export function aclSecretManifest(cluster: PresenceCluster, credentials: Credentials): Manifest {
  const { passwords: inUse, askedBy, replaced, rotation } = credentials;
  const isUntouched = askedBy === undefined && replaced.length === 0 && rotation === undefined;
  return redisAclSecret(
    cluster,
    inUse,
    rulesOf(cluster, credentials),
    isUntouched ? undefined : JSON.stringify({ askedBy, replaced, rotation }),
  );
}

/** What the Secret says, or what is wrong with it. */
export function readAclSecret(cluster: PresenceCluster, secret: Secret): AclSecret {
  const texts = Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
  const acl = texts[ACL_FILE];
  const { resourceVersion } = secret.metadata;
  const problem = problemOf(secret.metadata.name, texts);
  const operatorPassword = texts[passwordKey('operator')];
  const base = {
    ...(operatorPassword !== undefined && takes(acl, 'operator', operatorPassword)
      ? { operatorPassword }
      : {}),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  if (problem !== undefined) return { ...base, problem, rulesAreCurrent: true };
  const credentials = credentialsOf(texts);
  return { ...base, credentials, rulesAreCurrent: acl === rulesOf(cluster, credentials) };
}

function rulesOf(cluster: PresenceCluster, credentials: Credentials): string {
  return aclFile(acceptedHashes(credentials, sha256Hex), ENGINE_NAME[cluster.spec.redis.engine]);
}

function credentialsOf(texts: Readonly<Record<string, string>>): Credentials {
  const inUse = Object.fromEntries(REDIS_USERS.map((each) => [each, texts[passwordKey(each)] ?? '']));
  const { askedBy, replaced, rotation } = recordOf(texts[ROTATION_KEY]);
  return {
    passwords: inUse as unknown as Passwords,
    replaced,
    ...(askedBy === undefined ? {} : { askedBy }),
    ...(rotation === undefined ? {} : { rotation: rotation as Rotation }),
  };
}

/** A record that cannot be parsed counts as none: the passwords in use are in other keys, and a rotation can be asked for again. */
function recordOf(text: string | undefined): z.output<typeof record> {
  try {
    return record.parse(JSON.parse(text ?? '{}'));
  } catch {
    return { replaced: [] };
  }
}

function problemOf(name: string, texts: Readonly<Record<string, string>>): CredentialProblem | undefined {
  const keys = [...REDIS_USERS.map(passwordKey), ACL_FILE, REPLICATION_AUTH_FILE];
  const missing = keys.filter((key) => !texts[key]);
  const goOn = 'Running servers go on with the passwords that they hold; pods that start cannot.';
  if (missing.length > 0) {
    const message = `Secret ${name} lacks ${missing.join(', ')}: put back what was there. ${goOn}`;
    return { reason: 'KeyMissing', message };
  }
  const changed = REDIS_USERS.filter((each) => !takes(texts[ACL_FILE], each, texts[passwordKey(each)] ?? ''));
  if (changed.length === 0) return undefined;
  return {
    reason: 'KeyChanged',
    message: `Secret ${name}: ${changed.map(passwordKey).join(', ')} is no password of users.acl: put back what was there. New passwords are asked for by annotation. ${goOn}`,
  };
}

/** Whether the line of the user has the hash of the password. */
function takes(acl: string | undefined, name: RedisUser, password: string): boolean {
  const line = acl?.split('\n').find((each) => each.startsWith(`user ${name} `));
  return line?.split(' ').includes(`#${sha256Hex(password)}`) ?? false;
}

/** The API server lets the Secret neither be read nor made. */
export function refusedAclSecret({ action, message }: SecretRefusedError): CredentialProblem {
  const until =
    action === 'made'
      ? 'No Redis pod starts until this is fixed.'
      : 'Running servers go on with the passwords that they hold.';
  return { reason: 'SecretRefused', message: `${message} ${until}` };
}

/** The Secret is gone while servers run with what it held. */
export function missingSecret(cluster: PresenceCluster): CredentialProblem {
  const name = childName.redisAcl(cluster.metadata.name);
  return {
    reason: 'SecretMissing',
    message: `Secret ${name} is gone: put it back from a backup. Running servers go on with the passwords that they hold; pods that start cannot. Without a backup, delete all Redis pods at once: new passwords are made when none is left.`,
  };
}
