import { type Entry, type EntryBody, isSameBody } from '../../domain/presence-state/entry.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Membership, Position, PresenceStore, StateChange } from '../store/store.ts';
import type { Audience } from './audience.ts';
import type { Replica } from './replica.ts';

export interface BodiesDeps {
  readonly wedding: string;
  readonly store: Pick<PresenceStore, 'update'>;
  readonly replica: Pick<Replica, 'position'>;
  readonly audience: Pick<Audience, 'get' | 'replace'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Does a request for a connection, and sees to it that what Redis does not confirm is not forgotten. */
  readonly confirm: (connection: string, request: () => Promise<Position>) => Promise<Position>;
  /** Redis heard of this pod, in a request that began at `atMs` (monotonic). */
  readonly renewed: (position: Position, atMs: number) => void;
}

/** What is known of the body of a connection beside what it is. */
interface Word {
  /** Updates of the connection that are not answered yet. */
  open: number;
  /** Redis did not confirm the last one, which may be in it or not and is repeated. */
  unsure: boolean;
  /** Where the last body that Redis confirmed was numbered. */
  at?: Position;
  /** What somebody else set while an update was open: which of the two was later, its answer tells. */
  theirs?: { readonly body: EntryBody; readonly at: Position };
}

type Entries = ReadonlyMap<string, Entry>;

/**
 * The bodies of the connections of one room: they change them themselves, and others do on their behalf (updates of a whole
 * team). Who was numbered last has the last word, whatever order answers and messages come in.
 */
export class Bodies {
  readonly #deps: BodiesDeps;
  readonly #words = new Map<string, Word>();

  constructor(deps: BodiesDeps) {
    this.#deps = deps;
  }

  /** The connection wants to be something else from now on. Rejects with StoreUnavailable; it is then repeated until Redis has it. */
  async update(connection: string, body: EntryBody): Promise<Position> {
    const membership = this.#want(connection, body);
    if (membership === undefined) throw new Error('update of a connection that has not joined');
    const word = this.#words.get(connection) ?? { open: 0, unsure: false };
    this.#words.set(connection, word);
    word.open++;
    try {
      const position = await this.#send(membership);
      if (isLater(position, word.at)) word.at = position;
      word.unsure = false;
      return position;
    } catch (error) {
      // The client was told that its own is repeated.
      word.unsure = true;
      delete word.theirs;
      throw error;
    } finally {
      word.open--;
      if (word.open === 0) this.#settle(connection, word);
    }
  }

  /**
   * What the channel says, or what a snapshot shows (without an origin): a body that somebody else set counts if it was numbered
   * after ours. What a snapshot shows may also be one of ours, before the last one that is still repeated.
   */
  hear({ epoch, changes, origin }: StateChange): void {
    for (const change of changes) {
      if (change.op === 'remove' || !change.onBehalf) continue;
      const { connection, entry } = change;
      if (origin === '' && this.#words.get(connection)?.unsure) continue;
      this.#hear(connection, entry.body, { epoch, seq: entry.version });
    }
  }

  forget(connection: string): void {
    this.#words.delete(connection);
  }

  #send(membership: Membership): Promise<Position> {
    const { wedding, store, replica, clock, confirm, renewed } = this.#deps;
    const atMs = clock.monotonicMs();
    return confirm(membership.connection, async () => {
      const position = await store.update(wedding, replica.position, membership);
      renewed(position, atMs);
      return position;
    });
  }

  #hear(connection: string, body: EntryBody, at: Position): void {
    const word = this.#words.get(connection);
    if (word === undefined) this.#want(connection, body);
    else {
      word.theirs = { body, at };
      if (word.open === 0) this.#settle(connection, word);
    }
  }

  #settle(connection: string, word: Word): void {
    const { theirs, at } = word;
    delete word.theirs;
    if (theirs === undefined || !isLater(theirs.at, at)) return;
    this.#want(connection, theirs.body);
    word.at = theirs.at;
  }

  #want(connection: string, body: EntryBody): Membership | undefined {
    const participant = this.#deps.audience.get(connection);
    if (participant === undefined) return undefined;
    const membership = { ...participant.membership, body };
    this.#deps.audience.replace({ ...participant, membership });
    return membership;
  }
}

/** The bodies that changed between two states of one epoch, as the messages in between would have said. */
export function bodiesSet(before: Entries, after: Entries): StateChange['changes'] {
  return [...after].flatMap(([connection, entry]) => {
    const old = before.get(connection);
    if (old === undefined || isSameBody(old.body, entry.body)) return [];
    return [{ op: 'set', connection, entry, onBehalf: true }];
  });
}

/** A new epoch begins with lower numbers, and what was confirmed in the one before may be lost. */
function isLater(one: Position, other: Position | undefined): boolean {
  return other === undefined || one.epoch !== other.epoch || one.seq > other.seq;
}
