import { type Credentials, nextCredentialStep } from '../../../domain/resources/credentials.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { aclSecretManifest } from '../../credentials/acl-secret.ts';
import { writeSecret } from '../../credentials/own-secret.ts';
import { newPasswords } from '../../credentials/secrets.ts';
import { sha256Hex } from '../../objects/content-hash.ts';
import { giveCredentials } from '../../redis/server-credentials.ts';
import { rotationAskedBy } from '../conditions/credentials-finding.ts';
import type { Pass } from '../plan/pass.ts';
import type { RedisTools } from './maintain-redis.ts';

/**
 * Takes the next step of a rotation of passwords, if one is on or asked for. It stops nobody and restarts nothing, so it
 * waits for no freeze.
 *
 * @returns whether the Secret was written, and for which pod the rotation waits, in words
 */
export async function rotateCredentials(
  { client, admin, announcer }: Pick<RedisTools, 'client' | 'admin' | 'announcer'>,
  { observed }: Pick<Pass, 'observed'>,
  signal: AbortSignal,
): Promise<{ written: boolean; waitsFor?: string }> {
  const { aclSecret, cluster, topology, now } = observed;
  const credentials = aclSecret?.credentials;
  if (credentials === undefined) return { written: false };
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
    return { written: true };
  }
  // The rules of a newer operator: for servers that start from now on.
  if (aclSecret?.rulesAreCurrent === false) {
    await write(credentials);
    return { written: true };
  }
  return { written: false, ...(step.kind === 'wait' && step.pod ? { waitsFor: step.because } : {}) };

  function write(next: Credentials): Promise<void> {
    return writeSecret({ client, signal }, aclSecretManifest(cluster, next), aclSecret?.resourceVersion);
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
