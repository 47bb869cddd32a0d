import { imageId } from '../cluster/docker.ts';
import { installOperator } from '../cluster/install-operator.ts';
import { runSteps } from '../cluster/step-runner.ts';
import { imageNames } from '../cluster/versions.ts';

/** The operator with the image of this checkout, in the cluster that runs. */
export async function setup(): Promise<void> {
  await runSteps([
    {
      name: 'install',
      needs: [],
      doing: 'installing the operator by its Helm charts',
      run: async (shell) => installOperator(shell, await imageId(shell, imageNames.operator)),
    },
  ]);
}
