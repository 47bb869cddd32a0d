import type { Clock } from '../../platform/runtime/clock.ts';
import type { Position } from '../store/store.ts';

/** A change takes a connection of its own, so it may come after the answer that names it; longer, and it is lost. */
export const ARRIVES_WITHIN_MS = 250;

/** Those who wait until the replica of a room has reached a position. */
export class Arrivals {
  readonly #clock: Pick<Clock, 'setTimeout'>;
  readonly #hasReached: (position: Position) => boolean;
  readonly #checks = new Set<() => void>();

  constructor(clock: Pick<Clock, 'setTimeout'>, hasReached: (position: Position) => boolean) {
    this.#clock = clock;
    this.#hasReached = hasReached;
  }

  /** Whether the replica got there in time. */
  async reach(position: Position): Promise<boolean> {
    if (this.#hasReached(position)) return true;
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#hasReached(position)) finish(true);
      };
      const finish = (reached: boolean): void => {
        this.#checks.delete(check);
        cancel();
        resolve(reached);
      };
      const cancel = this.#clock.setTimeout(() => finish(false), ARRIVES_WITHIN_MS);
      this.#checks.add(check);
    });
  }

  /** The replica has moved. */
  moved(): void {
    for (const check of this.#checks) check();
  }
}
