import { type Credentials, nextCredentialStep } from '../../../domain/resources/credentials.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { aclSecretManifest } from '../../credentials/acl-secret.ts';
import { writeSecret } from '../../credentials/own-secret.ts';
import { newPasswords } from '../../credentials/secrets.ts';
import { sha256Hex } from '../../objects/content-hash.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import { giveCredentials } from '../../redis/server-credentials.ts';
import { rotationAskedBy } from '../conditions/credentials-condition.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';

/**
 * A stage: takes the next step of a rotation of passwords, if one is on or requested. It interrupts no connection and restarts
 * nothing, so it does not wait for a freeze to end. `results.rotationWaitsFor` names the pod that it waits for.
 */
export function rotateCredentials(
  plan: Pick<ReconcilePlan, 'observed'>,
  tools: Pick<StageTools, 'client' | 'admin' | 'events' | 'memory' | 'signal' | 'results'>,
): Promise<void> {
  return tools.memory.secrets.forgetAfterWrite(takeStep(plan, tools));
}

/** @returns whether the Secret was written */
async function takeStep(
  { observed }: Pick<ReconcilePlan, 'observed'>,
  { client, admin, events, signal, results }: Parameters<typeof rotateCredentials>[1],
): Promise<boolean> {
  const { aclSecret, cluster, topology, now } = observed;
  const { credentials } = aclSecret;
  if (credentials === undefined) return false;
  const servers =
    credentials.rotation === undefined ? [] : await giveCredentials(admin, topology, credentials, sha256Hex);
  for (const { pod, hashes, problem } of servers) {
    if (hashes !== undefined || topology.nodes.some((node) => node.pod === pod && !node.reachable)) continue;
    events.record(cluster, 'RedisStepFailed', EVENT_NOTES.passwordsFailed(pod, problem));
  }
  const step = nextCredentialStep({
    credentials,
    servers,
    now,
    fresh: newPasswords(),
    hash: sha256Hex,
    asked: rotationAskedBy(cluster),
    startedAt: startsOf(observed),
  });
  if (step.kind === 'write') {
    await write(step.credentials);
    events.record(cluster, 'CredentialsRotated', step.because);
    return true;
  }
  // The rules of a newer operator: for servers that start from now on.
  if (aclSecret.rulesAreCurrent === false) {
    await write(credentials);
    return true;
  }
  if (step.kind === 'wait' && step.pod) results.rotationWaitsFor = step.because;
  return false;

  function write(next: Credentials): Promise<void> {
    return writeSecret({ client, signal }, aclSecretManifest(cluster, next), aclSecret.resourceVersion);
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
