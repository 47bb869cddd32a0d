import type { Clock } from '../../platform/runtime/clock.ts';

/** A promise did not settle in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** The promise, or a rejection with DeadlinePassed. A later failure of the promise is swallowed. */
export function withDeadline<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.setTimeout(() => reject(new DeadlinePassed(`no answer within ${ms} ms`)), ms);
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
