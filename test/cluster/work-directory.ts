import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from './paths.ts';

const parent = path.join(cacheDirectory, 'work');

/**
 * Gives a new directory to work in and removes it afterwards, and with it those of runs that were killed: an
 * image's parts are hundreds of megabytes. It lies in the cache so that big programs can be linked into it.
 */
export async function inWorkDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const [pid = ''] = name.split('.');
    if (!existsSync(`/proc/${pid}`)) rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  const directory = mkdtempSync(path.join(parent, `${process.pid}.`));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
