import { kubectlLayer } from './kubectl-layer.ts';
import { kubeconfigFile } from './paths.ts';
import { logTail, type RunOptions, type Shell } from './shell.ts';

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

/** What kubectl says when the API server refuses a command. Throws when it does not refuse it. */
export async function kubectlRefusal(shell: Shell, args: readonly string[]): Promise<string> {
  if (await kubectlSucceeds(shell, args)) throw new Error(`kubectl ${args.join(' ')} was not refused`);
  return logTail(shell.logFile, 1);
}
