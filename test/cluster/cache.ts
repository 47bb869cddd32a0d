import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.ts';
import { cacheDirectory } from './paths.ts';

export interface CacheEntry {
  /** What is in it, readable in `ls`: `kubernetes-1.35.4`. */
  name: string;
  /** Everything that decides its content. */
  inputs: readonly string[];
}

export function entryDirectory(entry: CacheEntry): string {
  return path.join(cacheDirectory, `${entry.name}-${digest(entry.inputs)}`);
}

export function isCached(entry: CacheEntry): boolean {
  return existsSync(entryDirectory(entry));
}

/**
 * Gives the directory of the entry, filling it first when it is not there. An entry appears by one rename,
 * so a run that is killed in the middle leaves none; the lock makes a second run wait instead of
 * building the same thing beside the first.
 */
export async function cached(entry: CacheEntry, fill: (directory: string) => Promise<void>): Promise<string> {
  const directory = entryDirectory(entry);
  if (existsSync(directory)) return directory;
  return withLock(entry.name, async () => {
    if (existsSync(directory)) return directory;
    const unfinished = `${directory}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await fill(unfinished);
    renameSync(unfinished, directory);
    return directory;
  });
}

export function digest(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 12);
}

/** A text that changes when a file or anything below a directory does: an input of a cache entry. */
export function contentOf(file: string): string {
  if (!statSync(file).isDirectory()) return createHash('sha256').update(readFileSync(file)).digest('hex');
  return readdirSync(file)
    .sort()
    .map((name) => `${name}=${contentOf(path.join(file, name))}`)
    .join('\n');
}
