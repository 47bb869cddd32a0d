import type { ErrorCode } from './codes.ts';
import type { LeaveReason, Member } from './member.ts';
import type { Role } from './roles.ts';

/** Chosen by the client; the answer carries it back. */
export type RequestId = string;

interface Request {
  readonly id?: RequestId;
  readonly wedding: string;
}

/** Become a member of a wedding. The answer is a `snapshot`. */
export interface JoinMessage extends Request {
  readonly type: 'join';
  readonly status?: string | null;
  readonly data?: unknown;
  /** The `welcome.connection` of the connection that this one replaces. */
  readonly resume?: string;
  /** What the client holds. The answer is then a `diff` from there when the server can give one. */
  readonly since?: { readonly epoch: string; readonly seq: number };
}

/** Change status, data or both. A field that is left out keeps its value, null removes it. The answer, when `id` is given, is an `ack`. */
export interface UpdateMessage extends Request {
  readonly type: 'update';
  readonly status?: string | null;
  readonly data?: unknown;
}

/** Stop being a member. The answer, when `id` is given, is an `ack`. */
export interface LeaveMessage extends Request {
  readonly type: 'leave';
}

/** Ask for the whole state, after a gap. The answer is a `snapshot`. */
export interface SnapshotRequest extends Request {
  readonly type: 'snapshot';
}

/** Ask for a `pong`: a browser cannot send the ping of WebSocket itself. */
export interface PingMessage {
  readonly type: 'ping';
  readonly id?: RequestId;
}

/** Everything a client may send. */
export type ClientMessage = JoinMessage | UpdateMessage | LeaveMessage | SnapshotRequest | PingMessage;

/** The first frame on every connection whose token was accepted. */
export interface WelcomeMessage {
  readonly type: 'welcome';
  readonly protocol: number;
  /** Names this connection; a later connection may `resume` it. */
  readonly connection: string;
  readonly user: string;
  readonly role: Role;
  /** The weddings of the token. */
  readonly weddings: readonly string[];
  /** The server pings this often; silence of twice as long means a dead connection. */
  readonly heartbeatMs: number;
  readonly maxFrameBytes: number;
  /** When the token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** How many people are expected, by role. */
export type ExpectedTeam = Readonly<Partial<Record<Role, number>>>;

/** The whole state of a wedding at (epoch, seq). Replaces what the client holds. */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly id?: RequestId;
  readonly wedding: string;
  readonly epoch: string;
  readonly seq: number;
  readonly members: readonly Member[];
  /** People who are expected by role, when the wedding is known. */
  readonly team?: ExpectedTeam;
  /** Milliseconds since Redis last confirmed this state; left out while it is fresh. */
  readonly staleMs?: number;
}

/** One change of one member. `set` carries the whole member, never a part. */
export type MemberChange =
  | { readonly op: 'set'; readonly member: Member }
  | { readonly op: 'leave'; readonly user: string; readonly reason: LeaveReason };

/**
 * What changed after `prev` up to `seq`. With local the sequence number a client holds for the same epoch: apply
 * when prev <= local < seq, ignore when seq <= local, otherwise there is a gap: ask for a snapshot.
 */
export interface DiffMessage {
  readonly type: 'diff';
  /** Only when it answers a `join` with `since`. */
  readonly id?: RequestId;
  readonly wedding: string;
  readonly epoch: string;
  readonly prev: number;
  readonly seq: number;
  readonly changes: readonly MemberChange[];
  /** The client read too slowly: of each member only the last of several values is in here. */
  readonly conflated?: true;
}

/** Redis does not confirm the state of a wedding any more (`staleMs` since when), or does again (0). */
export interface FreshnessMessage {
  readonly type: 'freshness';
  readonly wedding: string;
  readonly staleMs: number;
}

/**
 * Redis is away: what servers know of their own members and Redis has not kept. It is shown over the numbered state, which
 * it does not change; it has no number. A snapshot takes all of it away, and a diff what is there of the users it names.
 */
export interface ProvisionalMessage {
  /** Says what the message is. */
  readonly type: 'provisional';
  /** The name of the wedding. */
  readonly wedding: string;
  /** How long Redis has not confirmed the numbered state. */
  readonly staleMs: number;
  /** The members to be shown, or not to be shown any more. */
  readonly changes: readonly MemberChange[];
  /** Users of whom the numbered state holds again. */
  readonly withdrawn: readonly string[];
}

/** The request was kept by Redis. */
export interface AckMessage {
  readonly type: 'ack';
  readonly id: RequestId;
  readonly wedding: string;
  readonly epoch: string;
  readonly seq: number;
}

/** A request failed, or the connection ends; {@link ErrorCode} says which. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the server closes the connection after this frame. */
  readonly fatal: boolean;
  readonly id?: RequestId;
  readonly wedding?: string;
  /** Do not try again before this many milliseconds. */
  readonly retryAfterMs?: number;
}

/** This server is going away: connect to another one, then close this connection, within `deadlineMs`. */
export interface DrainMessage {
  readonly type: 'drain';
  readonly deadlineMs: number;
  /** Another server is emptier; this one stays, and so may the connection. Left out: this server goes away. */
  readonly reason?: 'rebalance';
}

/** The answer to `ping`. */
export interface PongMessage {
  readonly type: 'pong';
  readonly id?: RequestId;
}

/** Everything a server may send. */
export type ServerMessage =
  | WelcomeMessage
  | SnapshotMessage
  | DiffMessage
  | FreshnessMessage
  | ProvisionalMessage
  | AckMessage
  | ErrorMessage
  | DrainMessage
  | PongMessage;
