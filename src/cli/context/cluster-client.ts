import { KINDS } from '../../api/v1alpha1/kinds.ts';
import { createKubeClient, type KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { loadKubeConfig, namespaceOf } from '../../platform/kube/kubeconfig.ts';
import type { ResourceType } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ClusterTarget } from './context.ts';
import { CliFailure } from './failure.ts';

/** Asks the API server who is asking (KEP-3325): what `kubectl auth whoami` sends. */
const SELF_SUBJECT_REVIEW: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};

/** A client for one command line, and the namespace that it is about. */
export interface TargetedClient {
  client: KubeClient;
  /** `-n`, or the namespace of the context. */
  namespace: string;
}

/**
 * Lends a client for the cluster that the options point at, and closes it.
 *
 * @throws {CliFailure} when there are no credentials, or the API server does not answer or refuses
 */
export async function withCluster<T>(
  clock: Clock,
  version: string,
  target: ClusterTarget,
  use: (cluster: TargetedClient) => Promise<T>,
): Promise<T> {
  const config = credentials(target);
  const namespace = target.namespace ?? namespaceOf(config);
  const types = [...KINDS, SELF_SUBJECT_REVIEW];
  const client = createKubeClient({ config, clock, types, userAgent: `kubectl-presence/${version}` });
  try {
    return await use({ client, namespace });
  } catch (error) {
    if (error instanceof KubeError) throw new CliFailure(error.message + hint(error));
    throw error;
  } finally {
    await client.close();
  }
}

function credentials(target: ClusterTarget): ReturnType<typeof loadKubeConfig> {
  try {
    return loadKubeConfig({ path: target.kubeconfig, context: target.context });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliFailure(message.startsWith('kubeconfig') ? message : `kubeconfig: ${message}`);
  }
}

/** A kind that the API server does not know answers 404 to a list. */
function hint(error: KubeError): string {
  return error.code === 404 ? ' (are the CustomResourceDefinitions of presence.wedsync.io installed?)' : '';
}
