import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Shell } from '../test/cluster/shell.ts';

/** GNU tar, which can write the same archive twice; macOS has another one under that name. */
const TAR = process.platform === 'darwin' ? 'gtar' : 'tar';

/**
 * Writes files of a folder into an archive, sorted, owned by root and with one time, so that equal content gives an equal archive.
 *
 * @param names in `folder`, each a file or a folder with all below it
 * @param seconds time of every file, since 1970
 */
export async function writeTar(
  shell: Shell,
  folder: string,
  names: readonly string[],
  file: string,
  seconds: number,
): Promise<void> {
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  const format = ['--format=gnu', '--sort=name', `--mtime=@${seconds}`];
  await shell.run([TAR, ...format, ...owner, '-C', folder, '-cf', file, '--', ...names]);
}

/** Names of the files in an archive, compressed or not. */
export async function namesInTar(shell: Shell, file: string): Promise<string[]> {
  const listed = await shell.output([TAR, '-tf', file]);
  return listed.split('\n').map((name) => name.replace(/^\.\//, ''));
}

/** The text of one file in an archive. */
export function textInTar(shell: Shell, file: string, name: string): Promise<string> {
  return shell.output([TAR, '-xOf', file, '--', name]);
}

/** Compresses a file. The header of gzip has no time and no name, so equal content gives equal bytes. */
export async function gzipFile(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createGzip(), createWriteStream(to));
}

/** SHA-256 of a file in hexadecimal digits; with `gunzip` that of its content. */
export async function sha256OfFile(file: string, gunzip = false): Promise<string> {
  const hash = createHash('sha256');
  if (gunzip) await pipeline(createReadStream(file), createGunzip(), hash);
  else await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
