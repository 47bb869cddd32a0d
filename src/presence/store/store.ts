import type { LeaveReason, ReconnectReason } from '../../api/protocol/member.ts';
import type { Entry, EntryBody } from '../../domain/presence-state/entry.ts';

/** Where the state of a wedding is. Numbers of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** The whole state of a wedding. */
export interface StateSnapshot extends Position {
  readonly entries: ReadonlyMap<string, Entry>;
}

/** One numbered change, as it comes from the channel. */
export interface StateChange extends Position {
  /** The stamp that the writer gave: when its request began, on its own clock, and which pod it is. */
  readonly origin: string;
  readonly changes: readonly EntryChange[];
}

export type EntryChange =
  | {
      readonly op: 'set';
      readonly connection: string;
      readonly entry: Entry;
      /** Somebody else set the body; the pod of the connection takes it over. */
      readonly onBehalf?: true;
    }
  | { readonly op: 'remove'; readonly connection: string; readonly reason: LeaveReason | 'moved' };

/** A new body for the connection of somebody, unless its body is another one by now. */
export interface Patch {
  readonly connection: string;
  readonly before: EntryBody;
  readonly after: EntryBody;
}

/** One line of the history of a wedding. */
export interface HistoryEntry {
  /** Milliseconds since 1970, by the clock of Redis. */
  readonly at: number;
  readonly connection: string;
  readonly user: string;
  readonly kind: 'joined' | 'resumed' | 'back' | 'reconnecting' | 'gone';
  readonly reason?: string;
  readonly role?: string;
}

/** What one connection wants to be in a wedding. */
export interface Membership {
  readonly connection: string;
  readonly user: string;
  readonly body: EntryBody;
  readonly graceMs: number;
}

/** Redis did not confirm in time. The request may have been kept or not. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The connection is of somebody else in this wedding: ids are random, so this is a client that lies or a defect. */
export class ConnectionTaken extends Error {
  override readonly name = 'ConnectionTaken';
}

/** The wedding has as many connections as it may have. */
export class WeddingFull extends Error {
  override readonly name = 'WeddingFull';
}

/** The person has as many connections in this wedding as a person may have. */
export class PersonFull extends Error {
  override readonly name = 'PersonFull';
}

/** A planner has removed the person from this wedding, who may not come in before `until`. */
export class PersonRemoved extends Error {
  override readonly name = 'PersonRemoved';
  readonly until: Date;

  constructor(until: Date) {
    super(`removed by a planner until ${until.toISOString()}`);
    this.until = until;
  }
}

/** The wedding has as many removals as it may have. */
export class TooManyRemovals extends Error {
  override readonly name = 'TooManyRemovals';
}

/**
 * The shared state. Every call takes the position the caller has seen, which proves lost writes after a failover,
 * and rejects with StoreUnavailable.
 */
export interface PresenceStore {
  /** Also rejects with WeddingFull, PersonFull and PersonRemoved. */
  join(
    wedding: string,
    seen: Position | undefined,
    wanted: Membership,
    resume?: string,
  ): Promise<StateSnapshot>;
  /** As `join`, for a caller whose replica follows the channel: gives only the position at which it is a member. */
  enter(wedding: string, seen: Position | undefined, wanted: Membership, resume?: string): Promise<Position>;
  /** Gives the position and the connections that were changed. */
  patch(
    wedding: string,
    seen: Position | undefined,
    patches: readonly Patch[],
  ): Promise<Position & { readonly changed: readonly string[] }>;
  /**
   * Ends all connections of a person in a wedding; the person may not come in before `until`. A time that is over lifts
   * this. Gives how many ended. Also rejects with TooManyRemovals.
   */
  expel(wedding: string, user: string, until: Date): Promise<Position & { readonly ended: number }>;
  /** From the oldest that is kept; empty when nothing is. */
  history(wedding: string): Promise<readonly HistoryEntry[]>;
  update(wedding: string, seen: Position | undefined, wanted: Membership): Promise<Position>;
  leave(wedding: string, seen: Position | undefined, connection: string): Promise<Position>;
  drop(
    wedding: string,
    seen: Position | undefined,
    connection: string,
    reason: ReconnectReason,
  ): Promise<Position>;
  /** Renews the lease of this pod and ends what has run out. */
  beat(wedding: string, seen: Position | undefined): Promise<Position>;
  snapshot(wedding: string, seen: Position | undefined): Promise<StateSnapshot>;
  subscribe(wedding: string): Promise<void>;
  unsubscribe(wedding: string): Promise<void>;
  /** Whether Redis answers and has the function library. */
  readonly available: boolean;
  close(): Promise<void>;
}
