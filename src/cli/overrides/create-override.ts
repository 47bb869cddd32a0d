import { CHANGE_FREEZE, PRESENCE_CLUSTER, type RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';
import { type OverrideRequest, type OverrideTarget, requestedOverride } from '../context/override-request.ts';

const FIELD_MANAGER = 'kubectl-presence';

/**
 * Creates a RolloutOverride for the user of the credentials. The API server decides whether they may.
 *
 * @throws {CliFailure} when there is no such PresenceCluster or ChangeFreeze, and with the refusal of the API server
 */
export function createOverride(
  clock: Clock,
  version: string,
  target: ClusterTarget,
  request: OverrideRequest,
): Promise<RolloutOverride> {
  return withCluster(clock, version, target, async ({ client, namespace }) => {
    await mustExist(client, namespace, request.target);
    const object = requestedOverride(request, namespace, await whoAmI(client));
    const made = await client.create(object as unknown as KubeObject, { fieldManager: FIELD_MANAGER });
    return made as unknown as RolloutOverride;
  });
}

/** An override of a misspelt name would be stored and open nothing. */
async function mustExist(client: KubeClient, namespace: string, target: OverrideTarget): Promise<void> {
  const [type, name] =
    'changeFreezeName' in target
      ? [CHANGE_FREEZE, target.changeFreezeName]
      : [PRESENCE_CLUSTER, target.presenceClusterName];
  try {
    if ((await client.get(type, namespace, name)) !== undefined) return;
  } catch (error) {
    // A user who may break the glass need not be allowed to read.
    if (error instanceof KubeError && error.disposition === 'forbidden') return;
    throw error;
  }
  throw new CliFailure(`there is no ${type.kind} named ${name} in namespace ${namespace}`);
}

/** The user name as the API server knows it; a kubeconfig does not tell. */
async function whoAmI(client: KubeClient): Promise<string> {
  const review = await client.create<KubeObject>(
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } },
    { fieldManager: FIELD_MANAGER },
  );
  const { userInfo } = (review.status ?? {}) as { userInfo?: { username?: string } };
  if (!userInfo?.username) throw new CliFailure('the API server does not say who you are');
  return userInfo.username;
}
