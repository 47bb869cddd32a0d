import { type Entry, isSameBody } from '../../domain/presence-state/entry.ts';
import type { EntryChange } from '../store/store.ts';

type Entries = ReadonlyMap<string, Entry>;

/**
 * The changes that matter to this pod's own connections, between two states of one wedding. A snapshot replaces the
 * messages that were missed; these are the changes those messages would have carried.
 */
export function snapshotChanges(before: Entries, after: Entries, isSameEpoch: boolean): EntryChange[] {
  const moved = movedConnections(before, after);
  return isSameEpoch ? [...moved, ...changedData(before, after)] : moved;
}

/**
 * Connections that another connection of the same person replaced. A replacement keeps `since`, over any number of
 * replacements; a second device of the person has a `since` of its own.
 */
function movedConnections(before: Entries, after: Entries): EntryChange[] {
  return [...before].flatMap(([connection, { user, since }]) => {
    if (after.has(connection)) return [];
    const isSuccessor = ([id, entry]: [string, Entry]) =>
      !before.has(id) && entry.user === user && entry.since === since;
    return [...after].some(isSuccessor) ? [{ op: 'remove', connection, reason: 'moved' }] : [];
  });
}

/** Connections whose member data differs, in one epoch. */
export function changedData(before: Entries, after: Entries): EntryChange[] {
  return [...after].flatMap(([connection, entry]) => {
    const old = before.get(connection);
    if (old === undefined || isSameBody(old.body, entry.body)) return [];
    return [{ op: 'set', connection, entry, onBehalf: true }];
  });
}
