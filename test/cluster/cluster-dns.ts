import { kubectl } from './kubectl.ts';
import type { Shell } from './shell.ts';

/**
 * Leaves out of CoreDNS what our small build lacks and a closed network cannot use: there is no name server
 * to forward to, the nodes' own is a loopback address of the container engine.
 */
export async function setUpClusterDns(shell: Shell): Promise<void> {
  const config = ['--namespace=kube-system', 'configmap/coredns'];
  const current = await kubectl(shell, ['get', ...config, '--output=jsonpath={.data.Corefile}']);
  const patch = JSON.stringify({ data: { Corefile: withoutForwarding(current) } });
  await kubectl(shell, ['patch', ...config, '--type=merge', `--patch=${patch}`]);
}

/** Drops the `forward` block and the `loop` line of a Corefile. */
export function withoutForwarding(corefile: string): string {
  return corefile.replace(/^\s*forward [^\n]*\{[^}]*\}\n/m, '').replace(/^\s*loop\n/m, '');
}
