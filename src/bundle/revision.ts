import { execFileSync } from 'node:child_process';

/** The commit of a checkout, `-dirty` when files differ from it; empty where there is no repository of Git. */
export function revisionOf(root: string): string {
  const commit = git(root, 'rev-parse', 'HEAD');
  const isDirty = commit !== '' && git(root, 'status', '--porcelain', '--untracked-files=no') !== '';
  return isDirty ? `${commit}-dirty` : commit;
}

/** What Git prints, trimmed; empty when it fails or is not there. */
export function git(root: string, ...args: string[]): string {
  try {
    return execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
