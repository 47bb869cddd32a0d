import type { Clock } from '../../platform/runtime/clock.ts';

/** A promise was not settled in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** Settles as the promise does, or rejects with DeadlinePassed. A later rejection of the promise is ignored. */
export function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  clock: Pick<Clock, 'setTimeout'>,
): Promise<T> {
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
