/** A promise with its functions. `Promise.withResolvers` is missing in Safari before 17.4 and Node before 22. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let settle = {} as Pick<Deferred<T>, 'resolve' | 'reject'>;
  // The executor runs at once.
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
