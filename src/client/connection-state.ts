import type { PresenceError } from './presence-error.ts';

/**
 * `connecting` until the first success, `open`, `reconnecting` while the client tries to get back what it had, and `closed` for
 * good. All but `open` may have a reason: why the last attempt failed, or why it ended.
 */
export type ConnectionState = 'connecting' | 'open' | 'reconnecting' | 'closed';

/** The state of a client at a moment. Never changes: a change makes another one. */
export interface ClientSnapshot {
  /** Of the connection to a server. */
  readonly state: ConnectionState;
  /** Why the state is not `open`; undefined while nothing has failed. */
  readonly reason: PresenceError | undefined;
}
