import type { Member } from '../../api/protocol/member.ts';
import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Position } from '../store/store.ts';
import { userOf } from './coalesced-changes.ts';

/** The state of a wedding for a reader, as the clients of the same pod show it. */
export interface WeddingState extends Position {
  /** The numbered members, replaced by provisional ones where there are any. */
  readonly members: readonly Member[];
  /** Milliseconds since Redis confirmed the state; undefined while it is fresh. */
  readonly staleMs?: number;
  /** Users who are shown differently from their numbered state (a user who is not in `members` has left); undefined for none. */
  readonly provisional?: readonly string[];
}

/** The state of one wedding on a pod, in parts. */
export interface KnownState {
  readonly position: Position;
  readonly numbered: readonly Member[];
  /** Shown over the numbered members; one change per user at most. */
  readonly changes: readonly MemberChange[];
  /** Milliseconds since Redis confirmed the numbered members; `staleMs` is undefined while they are fresh. */
  readonly age: { readonly ageMs: number; readonly staleMs: number | undefined };
}

/** Replaces numbered members by provisional ones. Pure. */
export function weddingState({ position, numbered, changes, age }: KnownState): WeddingState {
  const { epoch, seq } = position;
  const { ageMs, staleMs } = age;
  const stale = staleMs === undefined ? {} : { staleMs };
  if (changes.length === 0) return { epoch, seq, members: numbered, ...stale };
  const members = new Map(numbered.map((member) => [member.user, member]));
  for (const change of changes) {
    if (change.op === 'set') members.set(change.member.user, change.member);
    else members.delete(change.user);
  }
  return {
    epoch,
    seq,
    members: [...members.values()],
    // Provisional changes exist only because Redis did not confirm: never fresh, as in a `provisional` message.
    staleMs: staleMs ?? Math.max(1, ageMs),
    provisional: changes.map(userOf),
  };
}
