import { cpSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contentOf, digest } from './cache.ts';
import { buildComponentImages, componentImages } from './component-images.ts';
import { docker, dockerProgram, imageInputs, inputsLabel } from './docker.ts';
import {
  corednsProgram,
  etcdProgram,
  goProgramDirectory,
  kubernetesProgram,
  pauseProgram,
} from './go-programs.ts';
import { changeFlags, importArchive } from './image-import.ts';
import { withLock } from './lock.ts';
import { componentRootEntry, nodeRootArchive, nodeRootEntry } from './node-root.ts';
import { clusterDirectory } from './paths.ts';
import type { Shell } from './shell.ts';
import { versions } from './versions.ts';
import { inWorkDirectory } from './work-directory.ts';

const filesDirectory = path.join(clusterDirectory, 'node-image');

/** Changes when anything does that the node image is made of. */
const inputs = digest([
  contentOf(filesDirectory),
  ...[kubernetesProgram, etcdProgram, corednsProgram, pauseProgram].flatMap(
    (program) => program.entry.inputs,
  ),
  ...nodeRootEntry.inputs,
  ...componentRootEntry.inputs,
]);

export const nodeImage = `presence-operator-node:v${versions.kubernetes}-${inputs}`;

export async function nodeImageIsBuilt(shell: Shell): Promise<boolean> {
  return (await imageInputs(shell, nodeImage)) === inputs;
}

/** Builds the node image, with the images of the components already in its containerd. */
export function buildNodeImage(shell: Shell): Promise<string> {
  return withLock('node-image', () => buildUnlessBuilt(shell));
}

async function buildUnlessBuilt(shell: Shell): Promise<string> {
  if (await nodeImageIsBuilt(shell)) return 'cached';
  const bare = `${nodeImage}-bare`;
  const components = await componentImages(shell);
  await inWorkDirectory(async (context) => {
    shell.say('building the images of the components');
    await buildComponentImages(shell, context, components);
    await docker(shell, ['save', '--output', path.join(context, 'components.tar'), ...components.all]);
    shell.say('building the node');
    await buildBareNode(shell, path.join(context, 'node'), bare, components.pause);
    shell.say('loading the images of the components into it');
    await preload(shell, bare, path.join(context, 'components.tar'));
  });
  await docker(shell, ['image', 'rm', bare, ...components.all]);
  return 'built';
}

async function buildBareNode(
  shell: Shell,
  context: string,
  image: string,
  pauseImage: string,
): Promise<void> {
  const rootImage = `presence-operator-node-root:${digest(nodeRootEntry.inputs)}`;
  await importArchive(shell, await nodeRootArchive(shell), rootImage, []);
  cpSync(path.join(filesDirectory, 'root'), path.join(context, 'root'), { recursive: true });
  cpSync(path.join(filesDirectory, 'Dockerfile'), path.join(context, 'Dockerfile'));
  const config = path.join(context, 'root/etc/containerd/config.toml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('@PAUSE_IMAGE@', pauseImage));
  writeFileSync(path.join(context, 'root/kind/version'), `v${versions.kubernetes}`);
  const program = path.join(await goProgramDirectory(kubernetesProgram, shell), kubernetesProgram.binary);
  linkSync(program, path.join(context, 'kubernetes'));
  await docker(shell, ['build', '--build-arg', `ROOT=${rootImage}`, '--tag', image, context], {
    env: { DOCKER_BUILDKIT: '0' },
  });
}

/** Runs the node once, without its init, to import the images into its containerd; then keeps the result. */
async function preload(shell: Shell, bare: string, archive: string): Promise<void> {
  const container = `presence-operator-preload-${process.pid}`;
  const script = `containerd & engine=$!
    until ctr version >/dev/null 2>&1; do sleep 0.2; done
    ctr --namespace=k8s.io images import --all-platforms --no-unpack --digests /components.tar
    kill $engine; wait $engine || true`;
  const run = ['run', '--name', container, '--privileged', '--volume', `${archive}:/components.tar:ro`];
  try {
    await shell.run([dockerProgram(), ...run, '--entrypoint', '/bin/sh', bare, '-euc', script]);
    const changes = ['ENTRYPOINT ["/usr/local/bin/entrypoint"]', 'CMD []', `LABEL ${inputsLabel}=${inputs}`];
    await docker(shell, ['commit', ...changeFlags(changes), container, nodeImage]);
  } finally {
    await shell.succeeds([dockerProgram(), 'rm', '--force', container]);
  }
}
