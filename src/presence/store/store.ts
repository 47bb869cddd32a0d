import type { LeaveReason, ReconnectReason } from '../../api/protocol/member.ts';
import type { Entry, EntryBody } from '../../domain/presence-state/entry.ts';

/** A position in the changes of a wedding. Numbers of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** The whole state of a wedding. */
export interface StateSnapshot extends Position {
  readonly entries: ReadonlyMap<string, Entry>;
}

/** One numbered change, as the channel delivers it. */
export interface StateChange extends Position {
  /** The stamp of the writer: its incarnation, and when its request started by its own monotonic clock. */
  readonly origin: string;
  readonly changes: readonly EntryChange[];
}

export type EntryChange =
  | {
      readonly op: 'set';
      readonly connection: string;
      readonly entry: Entry;
      /** Another writer set the data; the pod of the connection takes it over. */
      readonly onBehalf?: true;
    }
  | { readonly op: 'remove'; readonly connection: string; readonly reason: LeaveReason | 'moved' };

/** New data for a connection, unless its data has changed meanwhile. */
export interface Patch {
  readonly connection: string;
  readonly before: EntryBody;
  readonly after: EntryBody;
}

/** One entry of the history of a wedding. */
export interface HistoryEntry {
  /** Milliseconds since 1970, by the clock of Redis. */
  readonly at: number;
  readonly connection: string;
  readonly user: string;
  readonly kind: 'joined' | 'resumed' | 'back' | 'reconnecting' | 'gone';
  readonly reason?: string;
  readonly role?: string;
}

/** The desired state of one connection in a wedding. */
export interface Membership {
  readonly connection: string;
  readonly user: string;
  readonly body: EntryBody;
  readonly graceMs: number;
}

/** Redis did not acknowledge in time. The request may have been done or not. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The connection id belongs to another user of this wedding. Ids are random, so this is a forged id or a defect. */
export class ConnectionTaken extends Error {
  override readonly name = 'ConnectionTaken';
}

/** The wedding has the maximum number of connections. */
export class WeddingFull extends Error {
  override readonly name = 'WeddingFull';
}

/** The person has the maximum of connections per person in this wedding. */
export class PersonFull extends Error {
  override readonly name = 'PersonFull';
}

/** A planner has removed the person from this wedding; joins are refused before `until`. */
export class PersonRemoved extends Error {
  override readonly name = 'PersonRemoved';
  readonly until: Date;

  constructor(until: Date) {
    super(`removed by a planner until ${until.toISOString()}`);
    this.until = until;
  }
}

/** The wedding has the maximum of removals. */
export class TooManyRemovals extends Error {
  override readonly name = 'TooManyRemovals';
}

/** Takes the changes of one wedding. */
export interface ChangeReceiver {
  receive(change: StateChange): void;
}

/**
 * The shared state. Every call takes the position that the caller has seen, which proves lost writes after a failover,
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
  /** As `join`, for a caller whose replica follows the channel: gives only the position of the join. */
  enter(wedding: string, seen: Position | undefined, wanted: Membership, resume?: string): Promise<Position>;
  /** Gives the position and the changed connections. */
  patch(
    wedding: string,
    seen: Position | undefined,
    patches: readonly Patch[],
  ): Promise<Position & { readonly changed: readonly string[] }>;
  /**
   * Ends all connections of a person in a wedding, and refuses joins of the person before `until`; a time in the past lifts
   * the removal. `ended` counts the connections. Also rejects with TooManyRemovals.
   */
  expel(wedding: string, user: string, until: Date): Promise<Position & { readonly ended: number }>;
  /** The oldest kept entry first; empty when none is kept. */
  history(wedding: string): Promise<readonly HistoryEntry[]>;
  update(wedding: string, seen: Position | undefined, wanted: Membership): Promise<Position>;
  leave(wedding: string, seen: Position | undefined, connection: string): Promise<Position>;
  drop(
    wedding: string,
    seen: Position | undefined,
    connection: string,
    reason: ReconnectReason,
  ): Promise<Position>;
  /** Renews the lease of this pod, and removes members whose lease or grace has expired. */
  heartbeat(wedding: string, seen: Position | undefined): Promise<Position>;
  snapshot(wedding: string, seen: Position | undefined): Promise<StateSnapshot>;
  /** The receiver gets the changes of the wedding until `unsubscribe`; there is one per wedding. */
  subscribe(wedding: string, receiver: ChangeReceiver): Promise<void>;
  unsubscribe(wedding: string): Promise<void>;
  /** Whether Redis answers and has the function library. */
  readonly available: boolean;
  close(): Promise<void>;
}
