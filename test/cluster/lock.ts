import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from './paths.ts';

/**
 * Runs `work` while no other process of this machine holds the same name. The lock is the kernel's: a
 * `flock` helper holds it for as long as our end of its standard input is open, so however we end,
 * killed too, it is free again and no stale lock file has to be judged.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const directory = path.join(cacheDirectory, 'locks');
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${name}.lock`);
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(holder, 'close');
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => Promise.reject(new Error(`could not lock ${file}`))),
    ]);
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
