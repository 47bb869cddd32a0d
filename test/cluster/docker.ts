import { existsSync } from 'node:fs';
import type { RunOptions, Shell } from './shell.ts';

/** The distribution's client goes first: another one on PATH may be a stub or lack its plugins. */
export function dockerProgram(): string {
  return existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
}

/** For programs that look for `docker` on PATH by themselves, as kind does. */
export function dockerEnvironment(): Record<string, string> {
  return { PATH: `/usr/bin:/bin:/usr/sbin:/sbin:${process.env.PATH ?? ''}` };
}

export function docker(shell: Shell, args: readonly string[], options?: RunOptions): Promise<string> {
  return shell.output([dockerProgram(), ...args], options);
}

export function dockerSucceeds(
  shell: Shell,
  args: readonly string[],
  options?: RunOptions,
): Promise<boolean> {
  return shell.succeeds([dockerProgram(), ...args], options);
}

export const inputsLabel = 'presence-operator.inputs';

/** The inputs that an image says it was made from; '' when there is no such image. */
export async function imageInputs(shell: Shell, image: string): Promise<string> {
  if (!(await dockerSucceeds(shell, ['image', 'inspect', image]))) return '';
  const format = `{{ index .Config.Labels "${inputsLabel}" }}`;
  return docker(shell, ['image', 'inspect', '--format', format, image]);
}

export function imageId(shell: Shell, image: string): Promise<string> {
  return docker(shell, ['image', 'inspect', '--format', '{{ .Id }}', image]);
}

/** The name under which containerd keeps an image that the engine knows by a short one: with the default registry. */
export async function fullName(shell: Shell, image: string): Promise<string> {
  const indexes = '{{ range $name, $index := .RegistryConfig.IndexConfigs }}';
  const official = '{{ if $index.Official }}{{ $name }}{{ end }}{{ end }}';
  return `${await docker(shell, ['info', '--format', indexes + official])}/library/${image}`;
}

/** Makes an image of a name that may be taken, and lets go of the one that had the name: a heap of old bundles. */
export async function replaceImage(shell: Shell, image: string, make: () => Promise<void>): Promise<void> {
  const isThere = await dockerSucceeds(shell, ['image', 'inspect', image]);
  const before = isThere ? await imageId(shell, image) : '';
  await make();
  // A container may still hold it: then it stays.
  if (before !== '') await dockerSucceeds(shell, ['image', 'rm', before]);
}
