import type { Membership } from '../store/store.ts';
import type { Audience } from './audience.ts';
import type { Departures } from './departures.ts';
import { type Repair, repairs } from './repairs.ts';
import type { Replica } from './replica.ts';

export interface RepeatsDeps {
  readonly incarnation: string;
  readonly replica: Replica;
  readonly audience: Pick<Audience, 'memberships' | 'get'>;
  readonly departures: Departures;
  readonly put: (membership: Membership) => Promise<unknown>;
  /** Something had to be repeated. */
  readonly repeated: () => void;
  readonly failed: (error: unknown) => void;
}

/** Repeats what this pod wants of one wedding and its state does not say. */
export class Repeats {
  readonly #deps: RepeatsDeps;

  constructor(deps: RepeatsDeps) {
    this.#deps = deps;
  }

  /** Whether somebody of this pod is in no way in the state, as after Redis has lost it. */
  get lacksMember(): boolean {
    const { replica, audience } = this.#deps;
    return audience.memberships().some(({ connection }) => !replica.entries.has(connection));
  }

  /** Only for a replica that is in step with Redis. */
  start(): void {
    const { replica, audience, departures, incarnation } = this.#deps;
    const isMember = (connection: string): boolean => audience.get(connection) !== undefined;
    const wanted = { members: audience.memberships(), isMember, departures: departures.owed, incarnation };
    for (const repair of repairs(replica.entries, wanted)) this.#carryOut(repair);
  }

  #carryOut(repair: Repair): void {
    const { departures, put, repeated, failed } = this.#deps;
    if (repair.kind === 'settled') {
      departures.settle(repair.connection);
      return;
    }
    repeated();
    const done =
      repair.kind === 'depart'
        ? departures.tell(repair.connection, repair.departure)
        : put(repair.membership);
    done.catch(failed);
  }
}
