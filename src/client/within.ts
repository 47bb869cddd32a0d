import { PresenceError } from './presence-error.ts';

/** The longest delay of a timer in browsers and Node; a longer one would end at once. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

/** The answer of a promise, or after `ms` a rejection with what could not be had, as `timed_out` unless said otherwise. */
export function within<T>(
  promise: Promise<T>,
  ms: number,
  what: string,
  code: PresenceError['code'] = 'timed_out',
): Promise<T> {
  if (ms > MAX_TIMEOUT_MS) return promise;
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new PresenceError(code, `${what} within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
