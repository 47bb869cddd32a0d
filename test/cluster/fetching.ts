import { setTimeout as sleep } from 'node:timers/promises';
import type { RunOptions, Shell } from './shell.ts';

export interface FetchOptions extends RunOptions {
  /** Removes what a failed try has left behind. */
  clear?: () => void;
  /** Between two tries. */
  pausesSeconds?: readonly number[];
}

/** A mirror that refuses once, or a connection that breaks, must not end a run of half an hour. */
const PAUSES_SECONDS = [5, 30];

/** Runs a program that fetches something; when it fails, again after each pause. @throws {CommandFailed} when the last try fails */
export async function runFetching(
  shell: Shell,
  argv: readonly string[],
  { clear, pausesSeconds = PAUSES_SECONDS, ...options }: FetchOptions = {},
): Promise<void> {
  for (const seconds of pausesSeconds) {
    if (await shell.succeeds(argv, options)) return;
    shell.say(`${argv[0]} failed: once more in ${seconds} s`);
    await sleep(seconds * 1000, undefined, { signal: shell.signal });
    clear?.();
  }
  await shell.run(argv, options);
}
