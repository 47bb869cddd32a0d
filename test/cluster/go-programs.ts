import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { type CacheEntry, cached, contentOf, isCached } from './cache.ts';
import { runFetching } from './fetching.ts';
import { clusterDirectory } from './paths.ts';
import type { Shell } from './shell.ts';
import { versions } from './versions.ts';

export interface GoProgram {
  entry: CacheEntry;
  /** Other names of the same program. */
  aliases: readonly string[];
  binary: string;
  build(shell: Shell, directory: string): Promise<void>;
}

const componentNames = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubeadm',
  'kubectl',
  'kubelet',
];

/** Every Kubernetes component in one file: one link instead of seven saves most of the compile time. */
export const kubernetesProgram = localModule(
  'kubernetes',
  `-s -w ${versionFlags(versions.kubernetes)}`,
  componentNames,
);

export const etcdProgram = localModule('etcd', '-s -w', []);

export const corednsProgram = localModule('coredns', '-s -w', []);

export const pauseProgram = localModule('pause', '-s -w', []);

export const kindProgram = publishedProgram('kind', 'sigs.k8s.io/kind', versions.kind);

/** Installs our plugin in the dry run of a release. */
export const krewProgram = publishedProgram('krew', 'sigs.k8s.io/krew/cmd/krew', versions.krew);

/** The directory that holds the program and its aliases, built when the cache lacks it. */
export function goProgramDirectory(program: GoProgram, shell: Shell): Promise<string> {
  return cached(program.entry, async (directory) => {
    await requireGo(shell);
    await program.build(shell, directory);
    for (const alias of program.aliases) symlinkSync(program.binary, path.join(directory, alias));
  });
}

export function goProgramIsCached(program: GoProgram): boolean {
  return isCached(program.entry);
}

/** Reads the workflows of GitHub as GitHub would. */
export const actionlintProgram = publishedProgram(
  'actionlint',
  'github.com/rhysd/actionlint/cmd/actionlint',
  versions.actionlint,
);

function publishedProgram(name: string, module: string, version: string): GoProgram {
  return {
    entry: { name: `${name}-${version}`, inputs: [process.arch] },
    aliases: [],
    binary: name,
    build: (shell, directory) =>
      runFetching(shell, ['go', 'install', '-trimpath', '-ldflags', '-s -w', `${module}@v${version}`], {
        env: { ...goEnvironment(), GOBIN: directory },
      }),
  };
}

function localModule(name: string, ldflags: string, aliases: readonly string[]): GoProgram {
  const source = path.join(clusterDirectory, 'node-image', name);
  return {
    entry: { name, inputs: [contentOf(source), ldflags, process.arch] },
    aliases,
    binary: name,
    // Fetches its modules as it goes; what is compiled by then stays in Go's cache.
    build: (shell, directory) =>
      runFetching(
        shell,
        ['go', 'build', '-trimpath', '-ldflags', ldflags, '-o', path.join(directory, name), '.'],
        { cwd: source, env: goEnvironment() },
      ),
  };
}

/** kubeadm compares the versions that the components report, so they must be linked in. */
export function versionFlags(kubernetes: string): string {
  const [major, minor] = kubernetes.split('.');
  const variables = {
    gitVersion: `v${kubernetes}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  };
  return Object.entries(variables)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

/** Static binaries, so that one build runs on the host, in the node and in an image without a libc. */
export function goEnvironment(): Record<string, string> {
  return { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
}

export async function requireGo(shell: Shell): Promise<void> {
  if (await shell.succeeds(['go', 'version'])) return;
  throw new Error(
    'Go 1.25 or newer is needed on PATH to build Kubernetes from its modules; install it and run again',
  );
}
