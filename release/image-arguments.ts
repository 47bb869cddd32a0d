/**
 * What the labels of an image say of its origin, as arguments of the Dockerfile. `node release/image-arguments.ts` prints them
 * for `docker build`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { git, revisionOf } from '../src/bundle/revision.ts';

export interface ImageArguments extends Record<string, string> {
  /** Of package.json. */
  VERSION: string;
  /** The commit, `-dirty` when files differ from it; empty where there is no repository of Git. */
  REVISION: string;
  /** When that commit was made, RFC 3339: the same sources give the same label. */
  CREATED: string;
  /** Address of the repository, as far as Git knows one that a browser takes. */
  SOURCE: string;
}

/** Of a checkout. */
export function imageArguments(root: string): ImageArguments {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    VERSION: version,
    REVISION: revisionOf(root),
    CREATED: git(root, 'log', '-1', '--format=%cI'),
    SOURCE: browsable(git(root, 'config', 'remote.origin.url')),
  };
}

/** Empty for an address that only this machine or its user has: a path, or one with a password. */
export function browsable(remote: string): string {
  const ssh = /^git@([\w.-]+):([\w./-]+?)(?:\.git)?$/.exec(remote);
  if (ssh !== null) return `https://${ssh[1]}/${ssh[2]}`;
  return /^https:\/\/[\w.-]+\/[\w./-]+$/.test(remote) ? remote.replace(/\.git$/, '') : '';
}

if (import.meta.main) {
  const all = Object.entries(imageArguments(path.resolve(import.meta.dirname, '..')));
  console.log(all.map(([name, value]) => `--build-arg ${name}=${value}`).join(' '));
}
