import { type Entry, encodeBody } from '../../domain/presence-state/entry.ts';
import type { ProvisionalValue } from '../../domain/presence-state/provisional.ts';
import type { Membership } from '../store/store.ts';
import type { PendingLeave } from './reconciler.ts';

/** What this pod wants one of its connections to be; undefined when it wants nothing any more. */
export type DesiredOf = (connection: string) => Membership | PendingLeave | undefined;

interface Pending {
  /** The desired state when `at` was read. */
  text: string;
  at: number;
  /** Admitted without Redis, in place of this connection (empty: of none). */
  readonly replaces: string | undefined;
}

/** The connections of this pod whose desired state Redis has not acknowledged, and what is shown of them meanwhile. */
export class UnackedState {
  readonly #pending = new Map<string, Pending>();
  readonly #incarnation: string;

  constructor(incarnation: string) {
    this.#incarnation = incarnation;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @param replaces for a connection that Redis does not know: the connection it replaces, or an empty text */
  markPending(connection: string, replaces?: string): void {
    const before = this.#pending.get(connection);
    if (before === undefined || replaces !== undefined)
      this.#pending.set(connection, { text: '', at: 0, replaces: replaces ?? before?.replaces });
  }

  /** The connection that one admitted without Redis replaces; empty for none. */
  replacedBy(connection: string): string {
    return this.#pending.get(connection)?.replaces ?? '';
  }

  /** What still differs from the numbered state. Connections that no longer differ are no longer pending. */
  values(entries: ReadonlyMap<string, Entry>, desiredOf: DesiredOf, now: number): ProvisionalValue[] {
    return [...this.#pending].flatMap(([connection, pending]) => {
      const entry = entries.get(connection);
      const desired = desiredOf(connection);
      if (desired === undefined || isAcknowledged(entry, desired, this.#incarnation)) {
        this.#pending.delete(connection);
        return [];
      }
      return provisionalValue(connection, pending, { entry, desired, now });
    });
  }
}

function isAcknowledged(
  entry: Entry | undefined,
  desired: Membership | PendingLeave,
  incarnation: string,
): boolean {
  if ('connection' in desired)
    return (
      entry?.state === 'present' &&
      entry.pod === incarnation &&
      encodeBody(entry.body) === encodeBody(desired.body)
    );
  return entry === undefined || (desired.kind === 'drop' && entry.state === 'reconnecting');
}

interface Difference {
  readonly entry: Entry | undefined;
  readonly desired: Membership | PendingLeave;
  readonly now: number;
}

function provisionalValue(
  connection: string,
  pending: Pending,
  { entry, desired, now }: Difference,
): ProvisionalValue[] {
  const text = JSON.stringify(desired);
  if (pending.text !== text) {
    pending.text = text;
    pending.at = Math.max(now, (entry?.updatedAt ?? 0) + 1);
  }
  const { at, replaces } = pending;
  if (!('connection' in desired))
    return entry === undefined ? [] : leaveValue(connection, desired, { user: entry.user, at });
  const { user, body } = desired;
  if (entry !== undefined) return [{ kind: 'present', connection, user, at, body }];
  if (replaces === undefined) return [];
  return [{ kind: 'present', connection, user, at, body, joins: replaces === '' ? {} : { replaces } }];
}

function leaveValue(
  connection: string,
  leave: PendingLeave,
  person: { user: string; at: number },
): ProvisionalValue[] {
  if (leave.kind === 'leave') return [{ kind: 'gone', connection, ...person }];
  const { reason } = leave;
  // A drained client is already a member on another server; only this replica is behind, so there is no loss to show.
  return reason === 'drained' ? [] : [{ kind: 'reconnecting', connection, ...person, reason }];
}
