import { type Entry, encodeBody } from '../../domain/presence-state/entry.ts';
import type { ProvisionalValue } from '../../domain/presence-state/provisional.ts';
import type { Membership } from '../store/store.ts';
import type { Departure } from './repairs.ts';

/** What this pod wants of one of its connections; undefined when it wants nothing any more. */
export type WantedOf = (connection: string) => Membership | Departure | undefined;

interface Owed {
  /** What was wanted when `at` was read. */
  text: string;
  at: number;
  /** Let in without Redis, in place of this connection (empty: of none). */
  readonly joins: string | undefined;
}

/** The connections of this pod for which Redis did not confirm what they want. */
export class OwnState {
  readonly #owed = new Map<string, Owed>();
  readonly #incarnation: string;

  constructor(incarnation: string) {
    this.#incarnation = incarnation;
  }

  get size(): number {
    return this.#owed.size;
  }

  /** @param joins for a connection that Redis does not know: which one it replaces, or an empty text */
  owe(connection: string, joins?: string): void {
    const before = this.#owed.get(connection);
    if (before === undefined || joins !== undefined)
      this.#owed.set(connection, { text: '', at: 0, joins: joins ?? before?.joins });
  }

  /** The connection that one let in without Redis replaces. */
  replacedBy(connection: string): string {
    return this.#owed.get(connection)?.joins ?? '';
  }

  /** What differs still from the numbered state; the rest is owed no longer. */
  values(entries: ReadonlyMap<string, Entry>, wantedOf: WantedOf, now: number): ProvisionalValue[] {
    return [...this.#owed].flatMap(([connection, owed]) => {
      const entry = entries.get(connection);
      const wanted = wantedOf(connection);
      if (wanted === undefined || isSettled(entry, wanted, this.#incarnation)) {
        this.#owed.delete(connection);
        return [];
      }
      return provisionalValue(connection, owed, { entry, wanted, now });
    });
  }
}

function isSettled(entry: Entry | undefined, wanted: Membership | Departure, incarnation: string): boolean {
  if ('connection' in wanted)
    return (
      entry?.state === 'present' &&
      entry.pod === incarnation &&
      encodeBody(entry.body) === encodeBody(wanted.body)
    );
  return entry === undefined || (wanted.kind === 'drop' && entry.state === 'reconnecting');
}

interface Found {
  readonly entry: Entry | undefined;
  readonly wanted: Membership | Departure;
  readonly now: number;
}

function provisionalValue(connection: string, owed: Owed, { entry, wanted, now }: Found): ProvisionalValue[] {
  const text = JSON.stringify(wanted);
  if (owed.text !== text) Object.assign(owed, { text, at: Math.max(now, (entry?.updatedAt ?? 0) + 1) });
  const { at, joins } = owed;
  if ('connection' in wanted) {
    if (entry === undefined && joins === undefined) return [];
    const { user, body } = wanted;
    const joining =
      entry === undefined ? { joins: joins === '' || joins === undefined ? {} : { replaces: joins } } : {};
    return [{ kind: 'present', connection, user, at, body, ...joining }];
  }
  return entry === undefined ? [] : goneValue(connection, wanted, { user: entry.user, at });
}

function goneValue(
  connection: string,
  departure: Departure,
  who: { user: string; at: number },
): ProvisionalValue[] {
  if (departure.kind === 'leave') return [{ kind: 'gone', connection, ...who }];
  const { reason } = departure;
  // Who was asked to go is a member on another server by now, and this one is only behind: no loss to show.
  return reason === 'drained' ? [] : [{ kind: 'reconnecting', connection, ...who, reason }];
}
