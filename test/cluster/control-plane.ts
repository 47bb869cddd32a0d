import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contentOf } from './cache.ts';
import { type GoProgram, goEnvironment, versionFlags } from './go-programs.ts';
import { clusterDirectory } from './paths.ts';
import type { Shell } from './shell.ts';

const SOURCE = path.join(clusterDirectory, 'api-server', 'main.go');
const RELEASE = /^1\.\d+\.\d+$/;

/** kube-apiserver and kube-controller-manager of one Kubernetes release (`1.37.2`), from its Go modules. */
export function controlPlaneProgram(version: string): GoProgram {
  if (!RELEASE.test(version)) throw new Error(`${version} is no Kubernetes release; write one as 1.37.2`);
  const flags = `-s -w ${versionFlags(version)}`;
  return {
    entry: { name: `control-plane-${version}`, inputs: [contentOf(SOURCE), flags, process.arch] },
    aliases: ['kube-apiserver', 'kube-controller-manager'],
    binary: 'control-plane',
    build: (shell, directory) => build(shell, directory, version, flags),
  };
}

async function build(shell: Shell, directory: string, version: string, flags: string): Promise<void> {
  const env = { ...goEnvironment(), GOFLAGS: '-buildvcs=false -mod=mod' };
  const where = { cwd: directory, env };
  const answer = await shell.output(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], {
    env,
  });
  const { GoMod } = JSON.parse(answer) as { GoMod: string };
  writeFileSync(path.join(directory, 'go.mod'), goMod(readFileSync(GoMod, 'utf8'), version));
  copyFileSync(SOURCE, path.join(directory, 'main.go'));
  await shell.run(['go', 'mod', 'tidy'], where);
  await shell.run(['go', 'build', '-trimpath', '-ldflags', flags, '-o', 'control-plane', '.'], where);
  for (const name of ['go.mod', 'go.sum', 'main.go']) rmSync(path.join(directory, name));
}

/**
 * A module of our own that takes all that Kubernetes is made of at the versions of its release. The `go.mod` of Kubernetes names its
 * parts (`k8s.io/api`) by folders of its repository; a module outside needs their published versions (1.37.2 is v0.37.2).
 */
export function goMod(upstream: string, version: string): string {
  const part = version.replace(/^1\./, 'v0.');
  const go = /^go .*$/m.exec(upstream)?.[0];
  const defaults = /^godebug .*$/m.exec(upstream)?.[0] ?? '';
  const parts = [...upstream.matchAll(/(k8s\.io\/\S+) => \.\/staging\//g)].map(([, name]) => name);
  if (go === undefined || parts.length === 0) {
    throw new Error(`the go.mod of Kubernetes ${version} does not look as it did up to 1.37`);
  }
  return [
    'module control-plane',
    go,
    defaults,
    `require k8s.io/kubernetes v${version}`,
    ...parts.map((name) => `replace ${name} => ${name} ${part}`),
    '',
  ].join('\n');
}
