import type { ReconnectReason } from '../../api/protocol/member.ts';
import { type Entry, isSameBody } from '../../domain/presence-state/entry.ts';
import type { Membership } from '../store/store.ts';

/** How a pod still has to take a connection out of the state. */
export type PendingLeave =
  | { readonly kind: 'leave' }
  | { readonly kind: 'drop'; readonly reason: ReconnectReason };

/** What a pod wants the state of a wedding to be for its own connections. */
export interface DesiredState {
  readonly members: readonly Membership[];
  /** Whether a connection is one of the members. */
  readonly isMember: (connection: string) => boolean;
  readonly leaves: ReadonlyMap<string, PendingLeave>;
  readonly incarnation: string;
}

/** One step of anti-entropy. */
export type Repair =
  | { readonly kind: 'put'; readonly membership: Membership }
  | { readonly kind: 'leave'; readonly connection: string; readonly leave: PendingLeave }
  /** The state shows the leave: it is no longer pending. */
  | { readonly kind: 'acknowledge'; readonly connection: string };

/** The steps that make the state what the pod wants. Only for a replica that is in step with Redis. Pure. */
export function reconcile(entries: ReadonlyMap<string, Entry>, desired: DesiredState): Repair[] {
  return [
    ...membersToPut(entries, desired),
    ...leavesToRepeat(entries, desired),
    ...orphans(entries, desired),
  ];
}

function membersToPut(entries: ReadonlyMap<string, Entry>, { members }: DesiredState): Repair[] {
  const found: Repair[] = [];
  for (const membership of members) {
    const entry = entries.get(membership.connection);
    if (entry?.state !== 'present' || !isSameBody(entry.body, membership.body))
      found.push({ kind: 'put', membership });
  }
  return found;
}

function leavesToRepeat(entries: ReadonlyMap<string, Entry>, { leaves }: DesiredState): Repair[] {
  return [...leaves].map(([connection, leave]) => {
    const entry = entries.get(connection);
    const isDone = entry === undefined || (leave.kind === 'drop' && entry.state === 'reconnecting');
    return isDone ? { kind: 'acknowledge', connection } : { kind: 'leave', connection, leave };
  });
}

/** Entries of this pod without a connection: a join whose answer came after the request was given up. */
function orphans(entries: ReadonlyMap<string, Entry>, desired: DesiredState): Repair[] {
  const found: Repair[] = [];
  entries.forEach(({ pod, state }, connection) => {
    const isOurs = pod === desired.incarnation && state === 'present';
    if (!isOurs || desired.isMember(connection) || desired.leaves.has(connection)) return;
    found.push({ kind: 'leave', connection, leave: { kind: 'drop', reason: 'lost' } });
  });
  return found;
}
