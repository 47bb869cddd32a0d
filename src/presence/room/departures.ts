import type { Position, PresenceStore } from '../store/store.ts';
import type { Departure } from './repairs.ts';
import type { Replica } from './replica.ts';

export interface DeparturesDeps {
  readonly wedding: string;
  readonly store: Pick<PresenceStore, 'leave' | 'drop'>;
  readonly replica: Replica;
  /** Does a request for a connection, and sees to it that what Redis does not confirm is not forgotten. */
  readonly confirm: (connection: string, request: () => Promise<Position>) => Promise<Position>;
}

/** The connections of this pod that left one wedding, until Redis knows. */
export class Departures {
  readonly #deps: DeparturesDeps;
  readonly #owed = new Map<string, Departure>();

  constructor(deps: DeparturesDeps) {
    this.#deps = deps;
  }

  get owed(): ReadonlyMap<string, Departure> {
    return this.#owed;
  }

  /**
   * Nothing is owed, and nobody of this pod is in the state any more. Who is reconnecting goes with a beat after the grace; the
   * server of the last person of a wedding is the only one to send it.
   */
  areOver(incarnation: string): boolean {
    const { entries } = this.#deps.replica;
    return this.#owed.size === 0 && ![...entries.values()].some(({ pod }) => pod === incarnation);
  }

  /** The connection is here again, or Redis knows. */
  settle(connection: string): void {
    this.#owed.delete(connection);
  }

  /** Rejects with StoreUnavailable; it stays owed then. */
  tell(connection: string, departure: Departure): Promise<Position> {
    this.#owed.set(connection, departure);
    const { wedding, store, replica, confirm } = this.#deps;
    return confirm(connection, async () => {
      const seen = replica.position;
      const position = await (departure.kind === 'leave'
        ? store.leave(wedding, seen, connection)
        : store.drop(wedding, seen, connection, departure.reason));
      this.settle(connection);
      return position;
    });
  }
}
