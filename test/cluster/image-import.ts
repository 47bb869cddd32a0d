import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { docker } from './docker.ts';
import type { Shell } from './shell.ts';

/** Makes an image of an archive, with changes in the words of a Dockerfile: no base image has to be pulled. */
export async function importArchive(
  shell: Shell,
  archive: string,
  image: string,
  changes: readonly string[],
): Promise<void> {
  await docker(shell, ['import', ...changeFlags(changes), archive, image]);
}

/** Makes an image of a directory. The archive in between lies beside it. */
export async function importRoot(
  shell: Shell,
  root: string,
  image: string,
  changes: readonly string[],
): Promise<void> {
  const archive = `${root}.${process.pid}.tar`;
  try {
    await shell.run(['tar', '-C', root, '-cf', archive, '.']);
    await importArchive(shell, archive, image, changes);
  } finally {
    rmSync(archive, { force: true });
  }
}

/** Makes an image with one static program in it. */
export async function importProgram(
  shell: Shell,
  root: string,
  program: string,
  image: string,
): Promise<void> {
  mkdirSync(path.join(root, 'tmp'), { recursive: true });
  cpSync(program, path.join(root, path.basename(program)));
  await importRoot(shell, root, image, [`ENTRYPOINT ["/${path.basename(program)}"]`]);
}

export function changeFlags(changes: readonly string[]): string[] {
  return changes.flatMap((change) => ['--change', change]);
}
