import type { Member } from '../../api/protocol/member.ts';
import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Position } from '../store/store.ts';
import { userOf } from './held-changes.ts';

/** The state of a wedding for a reader: what the clients of the same pod show. */
export interface WeddingState extends Position {
  /** The numbered members, with what is provisional in their place. */
  readonly members: readonly Member[];
  /** Redis has not confirmed it for so long, in milliseconds; undefined while it is fresh. */
  readonly staleMs?: number;
  /** Users who are shown otherwise than they are numbered (who is not among the members is gone); undefined for none. */
  readonly provisional?: readonly string[];
}

/** What a pod knows of one wedding. */
export interface KnownState {
  readonly position: Position;
  readonly numbered: readonly Member[];
  /** What is shown over the numbered members, one change a user at most. */
  readonly changes: readonly MemberChange[];
  /** In milliseconds: since Redis confirmed the numbered members, and as clients were told (undefined: they are fresh). */
  readonly age: { readonly ageMs: number; readonly staleMs: number | undefined };
}

/** Puts what is provisional in the place of what is numbered. Pure. */
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
    ...{ epoch, seq, members: [...members.values()] },
    // Something provisional is shown only because Redis did not confirm: never fresh, as in a `provisional` message.
    staleMs: staleMs ?? Math.max(1, ageMs),
    provisional: changes.map(userOf),
  };
}
