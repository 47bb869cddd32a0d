/** Runs acts one after the other, in the order in which they are asked for. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** @throws the reason of `signal` when that is aborted before the act begins */
  run<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return act();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
