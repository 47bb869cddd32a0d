import { isDeepStrictEqual } from 'node:util';

/** A promise that was not kept, with what was seen. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export function holds(condition: boolean, what: string, seen?: unknown): asserts condition {
  if (!condition)
    throw new BrokenPromise(seen === undefined ? what : `${what}; seen: ${JSON.stringify(seen)}`);
}

export function equals(seen: unknown, wanted: unknown, what: string): void {
  holds(isDeepStrictEqual(seen, wanted), `${what}: wanted ${JSON.stringify(wanted)}`, seen);
}
