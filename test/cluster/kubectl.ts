import { kubectlLayer } from './kubectl-layer.ts';
import { kubeconfigFile } from './paths.ts';
import type { RunOptions, Shell } from './shell.ts';

/** Runs kubectl against the local cluster and gives what it printed. */
export async function kubectl(shell: Shell, args: readonly string[], options?: RunOptions): Promise<string> {
  const tools = await kubectlLayer(shell);
  return shell.output([tools.kubectl, '--kubeconfig', kubeconfigFile, ...args], options);
}

export async function kubectlSucceeds(
  shell: Shell,
  args: readonly string[],
  options?: RunOptions,
): Promise<boolean> {
  const tools = await kubectlLayer(shell);
  return shell.succeeds([tools.kubectl, '--kubeconfig', kubeconfigFile, ...args], options);
}
