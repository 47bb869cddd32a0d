import type { ConnectionState } from './connection-state.ts';
import { isolated } from './isolated.ts';
import type { PresenceError } from './presence-error.ts';

/** A state with its reason, and what is around it, handed out as immutable snapshots: the contract of React's `useSyncExternalStore`. */
export abstract class Published<T> {
  /** The state now. */
  readonly state: ConnectionState = 'connecting';
  /** Why the state is not `open`; undefined while nothing has failed. */
  readonly reason: PresenceError | undefined;
  readonly #onState: ((state: ConnectionState, reason?: PresenceError) => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #made: T | undefined;

  /** @internal */
  constructor(onState: ((state: ConnectionState, reason?: PresenceError) => void) | undefined) {
    this.#onState = onState;
  }

  /** What is known now; the same object until something changes. May be passed on without its object. */
  readonly getSnapshot = (): T => {
    this.#made ??= Object.freeze(this.make());
    return this.#made;
  };

  /**
   * Calls a function after each change, until the function that it gives is called. May be passed on without its object.
   *
   * @param listener what it throws is reported, and stops nothing
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    // One of its own for each call: the same function may be given twice, and each call has its own end.
    const call = (): void => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  };

  /**
   * Called once after each change, when the snapshot is asked for.
   * @internal
   */
  protected abstract make(): T;

  /** @internal */
  protected move(state: ConnectionState, reason?: PresenceError): void {
    if (this.state === state && this.reason === reason) return;
    Object.assign(this, { state, reason });
    isolated(() => this.#onState?.(state, reason));
    this.changed();
  }

  /** @internal */
  protected changed(): void {
    this.#made = undefined;
    for (const listener of [...this.#listeners]) isolated(listener);
  }
}
