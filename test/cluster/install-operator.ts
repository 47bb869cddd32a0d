import path from 'node:path';
import { kubectlLayer } from './kubectl-layer.ts';
import { kubeconfigFile, repository } from './paths.ts';
import type { Shell } from './shell.ts';
import { imageNames } from './versions.ts';

/** Namespace and Helm release of the operator in the local cluster. */
export const operatorNamespace = 'presence-system';
export const operatorRelease = 'presence-operator';

/** Two small cores start it in seconds, and are given minutes. */
const READY_TIMEOUT = '600s';

/**
 * Installs both charts, or upgrades them, with the images that the nodes hold. The image's tag is always the same,
 * so its id goes into an annotation: a rebuilt image rolls the operator.
 */
export async function installOperator(shell: Shell, imageId: string): Promise<string> {
  const { helm } = await kubectlLayer(shell);
  const upgrade = (release: string, chart: string, values: string[]) =>
    shell.run([
      helm,
      'upgrade',
      '--install',
      release,
      path.join(repository, 'charts', chart),
      ...['--kubeconfig', kubeconfigFile, '--namespace', operatorNamespace, '--create-namespace'],
      ...['--wait', '--timeout', READY_TIMEOUT],
      ...values.flatMap((value) => ['--set-string', value]),
    ]);
  await upgrade(`${operatorRelease}-crds`, 'presence-operator-crds', []);
  const [repositoryName, tag] = imageNames.operator.split(':');
  await upgrade(operatorRelease, 'presence-operator', [
    `image.repository=${repositoryName}`,
    `image.tag=${tag}`,
    `redisImages.valkey=${imageNames.valkey}`,
    `redisImages.redis=${imageNames.redis}`,
    `podAnnotations.presence\\.wedsync\\.io/image-id=${imageId}`,
  ]);
  return `release ${operatorRelease} in namespace ${operatorNamespace}`;
}
