import type { ServerPromise } from './promise.ts';
import { World } from './world.ts';

/** What became of one promise. */
export interface Verdict {
  readonly id: string;
  readonly promise: string;
  /** Undefined when it was kept. */
  readonly broken: string | undefined;
  readonly ms: number;
}

/** Holds the server to one promise. */
export async function checkPromise(promise: ServerPromise, url: string, key: string): Promise<Verdict> {
  const world = new World(url, key);
  const began = performance.now();
  let broken: string | undefined;
  try {
    await promise.check(world);
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error);
  } finally {
    await world.end();
  }
  return { id: promise.id, promise: promise.promise, broken, ms: Math.round(performance.now() - began) };
}
