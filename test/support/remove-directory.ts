import { rm } from 'node:fs/promises';

/** Some seconds in all, each time a little later than the time before. */
const TRIES = 10;

/** Removes a directory. A child of a server that was killed may still write into it for a moment. */
export function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: TRIES, retryDelay: 50 });
}
