import type { Verdict } from '../run.ts';
import type { ClientPromise } from './promises.ts';
import { Stage } from './stage.ts';

/** Holds the client that a command starts to one promise. */
export async function checkClient(promise: ClientPromise, command: readonly string[]): Promise<Verdict> {
  const stage = await Stage.open();
  const began = performance.now();
  let broken: string | undefined;
  try {
    promise.prepare?.(stage);
    stage.start(command);
    await promise.check(stage);
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error);
  } finally {
    await stage.close();
  }
  return { id: promise.id, promise: promise.promise, broken, ms: Math.round(performance.now() - began) };
}
