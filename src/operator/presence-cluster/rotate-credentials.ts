import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { type Credentials, nextCredentialStep } from '../../domain/resources/credentials.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { sha256Hex } from '../content-hash.ts';
import { giveCredentials } from '../redis/server-credentials.ts';
import { aclSecretManifest } from './acl-secret.ts';
import { rotationAskedBy } from './credentials-finding.ts';
import type { RedisTools } from './maintain-redis.ts';
import type { Observed } from './observed.ts';
import type { Pass } from './pass.ts';
import { newPasswords } from './secrets.ts';

/**
 * Takes the next step of a rotation of passwords, if one is on or asked for. It stops nobody and restarts nothing, so it
 * waits for no freeze.
 *
 * @returns whether the Secret was written
 */
export async function rotateCredentials(
  { client, admin, announcer }: Pick<RedisTools, 'client' | 'admin' | 'announcer'>,
  { observed }: Pick<Pass, 'observed'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { aclSecret, cluster, topology, now } = observed;
  const credentials = aclSecret?.credentials;
  if (credentials === undefined) return false;
  const servers =
    credentials.rotation === undefined ? [] : await giveCredentials(admin, topology, credentials, sha256Hex);
  for (const { pod, hashes, problem } of servers) {
    if (hashes !== undefined || topology.nodes.some((node) => node.pod === pod && !node.reachable)) continue;
    announcer.event(cluster, 'RedisStepFailed', `while changing the passwords that ${pod} takes: ${problem}`);
  }
  const step = nextCredentialStep({
    ...{ credentials, servers, now, fresh: newPasswords(), hash: sha256Hex },
    asked: rotationAskedBy(cluster),
    startedAt: startsOf(observed),
  });
  if (step.kind === 'write') {
    await write(step.credentials);
    announcer.event(cluster, 'CredentialsRotated', step.because);
    return true;
  }
  // The rules of a newer operator: for servers that start from now on.
  if (aclSecret?.rulesAreCurrent === false) {
    await write(credentials);
    return true;
  }
  return false;

  /** @throws KubeError 409 when somebody else has written since it was read: the next pass decides anew. */
  async function write(next: Credentials): Promise<void> {
    const manifest = aclSecretManifest(cluster, next);
    const { name, namespace } = manifest.metadata;
    const data = Object.entries(manifest.stringData as Record<string, string>).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ]);
    const patch = {
      metadata: { resourceVersion: aclSecret?.resourceVersion },
      data: Object.fromEntries(data) as Record<string, string>,
    };
    await client.patch(builtin.Secret, namespace, name, patch, {
      fieldManager: FIELD_MANAGER.operator,
      signal,
    });
  }
}

/** Of the containers that run; one that does not will have the password of its start. */
function startsOf({ redisPods }: Observed): Date[] {
  return redisPods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).flatMap(({ state }) =>
      state?.running?.startedAt === undefined ? [] : [new Date(state.running.startedAt)],
    ),
  );
}
