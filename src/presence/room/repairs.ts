import type { ReconnectReason } from '../../api/protocol/member.ts';
import { type Entry, isSameBody } from '../../domain/presence-state/entry.ts';
import type { Membership } from '../store/store.ts';

/** How a pod still has to take a connection out of the state. */
export type Departure =
  | { readonly kind: 'leave' }
  | { readonly kind: 'drop'; readonly reason: ReconnectReason };

/** What a pod wants the state of a wedding to say about its own connections. */
export interface Wanted {
  readonly members: readonly Membership[];
  /** Whether a connection is one of the members. */
  readonly isMember: (connection: string) => boolean;
  readonly departures: ReadonlyMap<string, Departure>;
  readonly incarnation: string;
}

export type Repair =
  | { readonly kind: 'update'; readonly membership: Membership }
  | { readonly kind: 'depart'; readonly connection: string; readonly departure: Departure }
  /** The state shows the departure: nothing is owed any more. */
  | { readonly kind: 'settled'; readonly connection: string };

/** What must be repeated so that the state says what the pod wants. Only for a replica that is in step with Redis. */
export function repairs(entries: ReadonlyMap<string, Entry>, wanted: Wanted): Repair[] {
  return [...memberships(entries, wanted), ...departures(entries, wanted), ...strangers(entries, wanted)];
}

function memberships(entries: ReadonlyMap<string, Entry>, { members }: Wanted): Repair[] {
  const found: Repair[] = [];
  for (const membership of members) {
    const entry = entries.get(membership.connection);
    if (entry?.state !== 'present' || !isSameBody(entry.body, membership.body))
      found.push({ kind: 'update', membership });
  }
  return found;
}

function departures(entries: ReadonlyMap<string, Entry>, wanted: Wanted): Repair[] {
  return [...wanted.departures].map(([connection, departure]) => {
    const entry = entries.get(connection);
    const done = entry === undefined || (departure.kind === 'drop' && entry.state === 'reconnecting');
    return done ? { kind: 'settled', connection } : { kind: 'depart', connection, departure };
  });
}

/** Entries of this pod that no connection stands behind: a join whose answer came too late to be believed. */
function strangers(entries: ReadonlyMap<string, Entry>, wanted: Wanted): Repair[] {
  const found: Repair[] = [];
  entries.forEach(({ pod, state }, connection) => {
    const isOurs = pod === wanted.incarnation && state === 'present';
    if (!isOurs || wanted.isMember(connection) || wanted.departures.has(connection)) return;
    found.push({ kind: 'depart', connection, departure: { kind: 'drop', reason: 'lost' } });
  });
  return found;
}
