import { KINDS } from '../../api/v1alpha1/kinds.ts';
import { createKubeClient, type KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { loadKubeConfig, namespaceOf } from '../../platform/kube/kubeconfig.ts';
import { builtin, type ResourceType } from '../../platform/kube/resource.ts';
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
  const types = [...KINDS, SELF_SUBJECT_REVIEW, builtin.Deployment];
  const client = createKubeClient({
    config,
    clock,
    types,
    userAgent: `kubectl-presence/${version}`,
    ...(target.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: target.requestTimeoutMs }),
  });
  try {
    return await use({ client, namespace });
  } catch (error) {
    if (error instanceof KubeError) throw new CliFailure(error.message + hint(error));
    throw error;
  } finally {
    await client.close();
  }
}

/** @throws {CliFailure} when there are none */
export function credentials(target: ClusterTarget): ReturnType<typeof loadKubeConfig> {
  try {
    const config = loadKubeConfig({ path: target.kubeconfig, context: target.context });
    const isAssumed = config.getCurrentContext() === ASSUMED.context;
    if (isAssumed && config.getCurrentCluster()?.server === ASSUMED.server)
      throw new CliFailure(NO_KUBECONFIG);
    impersonate(config, target);
    return config;
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    if (isMissingFile(error))
      throw new CliFailure(`kubeconfig: ${error.path} does not exist (-f reads files instead)`);
    const message = error instanceof Error ? error.message : String(error);
    throw new CliFailure(message.startsWith('kubeconfig') ? message : `kubeconfig: ${message}`);
  }
}

function isMissingFile(error: unknown): error is Error & { path: string } {
  return error instanceof Error && 'path' in error && 'code' in error && error.code === 'ENOENT';
}

/** What client-node assumes when it finds no kubeconfig and no service account. */
const ASSUMED = { context: 'loaded-context', server: 'http://localhost:8080' };
const NO_KUBECONFIG =
  'no kubeconfig was found: name one with --kubeconfig or KUBECONFIG, or read objects from files with -f';

/** `--as`: the API server checks that the caller may. */
function impersonate(config: ReturnType<typeof loadKubeConfig>, { as }: ClusterTarget): void {
  if (as === undefined) return;
  const user = config.getCurrentUser();
  if (user === null)
    throw new CliFailure('kubeconfig: the context names no known user, so --as cannot be used');
  config.users = config.users.map((each) =>
    each.name === user.name ? { ...each, impersonateUser: as } : each,
  );
}

/** A kind that the API server does not know answers 404 to a list. */
function hint(error: KubeError): string {
  return error.code === 404 ? ' (are the CustomResourceDefinitions of presence.wedsync.io installed?)' : '';
}
