import type { Role } from './roles.ts';

/** Why a member has no open connection at the moment. */
export type ReconnectReason =
  /** The connection was closed without `leave`. */
  | 'closed'
  /** The connection went silent. */
  | 'lost'
  /** Its server had asked it to go to another one. */
  | 'drained'
  /** Its server died. */
  | 'server_lost'
  /** Its token expired. */
  | 'expired';

/** Why a member is no longer there. `removed`: a planner ended the presence. */
export type LeaveReason = 'left' | 'removed' | ReconnectReason;

/** One person in a wedding, however many devices that person uses. */
export interface Member {
  /** The `sub` of the token. */
  readonly user: string;
  /** What others see, from the token; left out where the token has none. */
  readonly name?: string;
  /** From the token. */
  readonly role: Role;
  /** `reconnecting`: every device lost its connection, and the grace period is running. */
  readonly state: 'present' | 'reconnecting';
  /** Only with `reconnecting`. */
  readonly reason?: ReconnectReason;
  /** Free text of the application, from the device that was updated last. */
  readonly status?: string;
  /** Any JSON of the application, from the device that was updated last. */
  readonly data?: unknown;
  /** When the person came, in milliseconds since 1970 by the clock of Redis. */
  readonly since: number;
  /** When status or data changed last, same clock. */
  readonly updatedAt: number;
  /** Open connections of the person. 0 while reconnecting. */
  readonly devices: number;
}
