import { isCached } from './cache.ts';
import { hostCommand, type ProgramSet, programRoot } from './debian-root.ts';
import { createShell, type Shell } from './shell.ts';
import { versions } from './versions.ts';

const packages = ['prometheus'];

/** Debian's package: nothing is compiled. */
const prometheus: ProgramSet = {
  entry: { name: `prometheus-${versions.nodeSuite}`, inputs: [...packages, process.arch, '1'] },
  source: { suite: versions.nodeSuite, packages, variant: 'extract' },
  programs: ['/usr/bin/prometheus', '/usr/bin/promtool'],
  user: { name: 'prometheus', id: 65534 },
};

/** The first words of commands. */
export interface PrometheusPrograms {
  prometheus: string[];
  promtool: string[];
}

export function prometheusRoot(shell: Shell): Promise<string> {
  return programRoot(shell, prometheus);
}

export function prometheusIsCached(): boolean {
  return isCached(prometheus.entry);
}

/** Prometheus alone, which is unpacked in seconds: a test of rules must not wait for a Kubernetes to be compiled. */
export async function openPrometheus(): Promise<PrometheusPrograms> {
  const root = await prometheusRoot(createShell('/dev/null', () => {}, new AbortController().signal));
  return {
    prometheus: hostCommand(root, '/usr/bin/prometheus'),
    promtool: hostCommand(root, '/usr/bin/promtool'),
  };
}
