import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget, OperatorDeployment } from '../context/context.ts';

/** Labels that the chart gives to the Deployment of every operator. */
const SELECTOR = 'app.kubernetes.io/component=operator,app.kubernetes.io/part-of=wedsync';
const VERSION_LABEL = 'app.kubernetes.io/version';

interface Deployment extends KubeObject {
  spec: { replicas?: number; template: { spec: { containers: { image: string }[] } } };
  status?: { readyReplicas?: number };
}

/**
 * Finds the operators of a cluster, by namespace and name.
 *
 * @throws {CliFailure} when there are no credentials, or the API server does not answer or refuses
 */
export function findOperators(
  clock: Clock,
  version: string,
  target: ClusterTarget,
): Promise<OperatorDeployment[]> {
  return withCluster(clock, version, target, async ({ client }) => {
    const { items } = await client.list<Deployment>(builtin.Deployment, {
      labelSelector: SELECTOR,
      namespace: target.namespace,
    });
    return items
      .map(operatorOf)
      .sort((one, other) => `${one.namespace}/${one.name}`.localeCompare(`${other.namespace}/${other.name}`));
  });
}

function operatorOf({ metadata, spec, status }: Deployment): OperatorDeployment {
  const version = metadata.labels?.[VERSION_LABEL];
  const found: OperatorDeployment = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    image: spec.template.spec.containers[0]?.image ?? '',
    replicas: spec.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
  };
  return version === undefined ? found : { ...found, version };
}
