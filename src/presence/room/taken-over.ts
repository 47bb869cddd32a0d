import type { Entry } from '../../domain/presence-state/entry.ts';
import type { EntryChange } from '../store/store.ts';

type Entries = ReadonlyMap<string, Entry>;

/**
 * The connections that another one took over between two states of a wedding, as the messages in between would have said.
 * Who takes over keeps `since`, through any number of hands; another device of the person has one of its own.
 */
export function takenOver(before: Entries, after: Entries): EntryChange[] {
  return [...before].flatMap(([connection, { user, since }]) => {
    if (after.has(connection)) return [];
    const isSuccessor = ([id, entry]: [string, Entry]) =>
      !before.has(id) && entry.user === user && entry.since === since;
    return [...after].some(isSuccessor) ? [{ op: 'remove', connection, reason: 'moved' }] : [];
  });
}
