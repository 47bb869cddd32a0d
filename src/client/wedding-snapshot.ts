import type { Member } from '../api/protocol/member.ts';
import type { ExpectedTeam } from '../api/protocol/messages.ts';
import type { ConnectionState } from './connection-state.ts';
import type { PresenceError } from './presence-error.ts';

/**
 * What is known of one wedding at a moment. Never changes: a change makes another one, so it may be compared with `===`. A member
 * that did not change is the same object in both.
 */
export interface WeddingSnapshot {
  /** The name of the wedding. */
  readonly wedding: string;
  /** Whether this client is a member of it. While `reconnecting` the last list stays. */
  readonly state: ConnectionState;
  /** Why the state is not `open`; undefined while nothing has failed. */
  readonly reason: PresenceError | undefined;
  /** Everybody, the person of this client included, in the order in which they came. */
  readonly members: readonly Member[];
  /** People who are expected by role; undefined where the server does not know the wedding. */
  readonly team: ExpectedTeam | undefined;
  /** Milliseconds for which Redis had not confirmed the list when the server last said it; 0 while it is fresh. */
  readonly staleMs: number;
  /** Users who are shown as a server knows them and Redis does not yet. */
  readonly provisional: ReadonlySet<string>;
}

/** Everybody in the order in which they came; of two at once the one whose name is first. */
export function inOrder(members: ReadonlyMap<string, Member>): readonly Member[] {
  return [...members.values()].sort((a, b) => a.since - b.since || (a.user < b.user ? -1 : 1));
}
