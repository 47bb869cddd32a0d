import path from 'node:path';
import { imageArguments } from '../../release/image-arguments.ts';
import { buildAppImage, bundles } from './app-image.ts';
import { digest } from './cache.ts';
import { docker, dockerSucceeds, imageInputs, inputsLabel, replaceImage } from './docker.ts';
import { importRoot } from './image-import.ts';
import { repository } from './paths.ts';
import { redisRoot, valkeyRoot } from './redis-roots.ts';
import type { Shell } from './shell.ts';
import type { Step } from './step-runner.ts';
import { imageNames, upstreamImages } from './versions.ts';

export type ImageKey = keyof typeof imageNames;

/**
 * One step an image: pulled or built with a Dockerfile where a registry answers, else made of packages.
 * Without bundles the operator's image is left out, so that a cluster can be had before anything is built.
 */
export function imageSteps(closed: boolean, needs: readonly string[]): Step[] {
  const step = (key: ImageKey, doing: string, run: Step['run']): Step => ({
    name: `${key} image`,
    needs,
    doing,
    run,
  });
  if (!closed) {
    return [
      step('valkey', 'pulling Valkey', (shell) => pull(shell, upstreamImages.valkey, imageNames.valkey)),
      step('redis', 'pulling Redis', (shell) => pull(shell, upstreamImages.redis, imageNames.redis)),
      step('operator', 'building our image', buildFromDockerfile),
    ];
  }
  const server = (key: 'valkey' | 'redis', root: (shell: Shell) => Promise<string>) =>
    step(key, `making the ${key} image`, (shell) => importServer(shell, key, root));
  return [
    server('valkey', valkeyRoot),
    server('redis', redisRoot),
    step('operator', 'making our image', buildAppImage),
  ];
}

/** The images that `imageSteps` makes now. */
export function madeImages(closed: boolean): string[] {
  const all = Object.values(imageNames);
  return closed && bundles().length === 0 ? all.filter((name) => name !== imageNames.operator) : all;
}

async function pull(shell: Shell, from: string, name: string): Promise<string> {
  const pulled = await dockerSucceeds(shell, ['pull', '--quiet', from]);
  if (!pulled && !(await dockerSucceeds(shell, ['image', 'inspect', from]))) {
    throw new Error(`${from} cannot be pulled`);
  }
  await docker(shell, ['tag', from, name]);
  return pulled ? `pulled ${from}` : `${from} as pulled before`;
}

async function buildFromDockerfile(shell: Shell): Promise<string> {
  const given = Object.entries(imageArguments(repository)).map(([name, value]) => `${name}=${value}`);
  const flags = given.flatMap((value) => ['--build-arg', value]);
  await docker(shell, ['build', ...flags, '--tag', imageNames.operator, repository]);
  return 'built with the Dockerfile';
}

async function importServer(
  shell: Shell,
  key: 'valkey' | 'redis',
  root: (shell: Shell) => Promise<string>,
): Promise<string> {
  const directory = await root(shell);
  const changes = ['USER 999:999', 'WORKDIR /data', `CMD ["/usr/bin/${key}-server"]`];
  const inputs = digest([path.basename(directory), ...changes]);
  if ((await imageInputs(shell, imageNames[key])) === inputs) return 'unchanged';
  const label = `LABEL ${inputsLabel}=${inputs}`;
  await replaceImage(shell, imageNames[key], () =>
    importRoot(shell, directory, imageNames[key], [...changes, label]),
  );
  return 'made';
}
