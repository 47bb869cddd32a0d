/** Something of the product that reads foreign bytes. */
export interface FuzzTarget {
  /** Inputs that are taken: the search starts from them. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words that mean something to the reader, and that random bytes seldom spell. */
  readonly words: readonly string[];
  /** Reads an input as the product does. Throws when something is broken that is promised for every input. */
  run(input: Uint8Array): void | Promise<void>;
  close?(): Promise<void>;
}

export type OpenTarget = () => FuzzTarget | Promise<FuzzTarget>;

/** @throws Error with the promise that was broken */
export function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`broken promise: ${what}`);
}
