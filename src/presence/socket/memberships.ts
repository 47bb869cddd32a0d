import { type ErrorCode, errorCodeRule } from '../../api/protocol/codes.ts';
import { MAX_WEDDINGS_PER_CONNECTION } from '../../api/protocol/limits.ts';
import type { ReconnectReason } from '../../api/protocol/member.ts';
import type {
  ErrorMessage,
  JoinMessage,
  LeaveMessage,
  ServerMessage,
  UpdateMessage,
} from '../../api/protocol/messages.ts';
import type { Role } from '../../api/protocol/roles.ts';
import { bodyOf, updatedBody } from '../../domain/presence-state/entry.ts';
import type { Identity } from '../auth/identity.ts';
import { type Revocations, revokedMessage } from '../auth/revocations.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import type { EndReason, MembershipListener, Subscriber } from '../room/broadcast.ts';
import type { Room } from '../room/room.ts';
import type { Rooms } from '../room/rooms.ts';
import {
  ConnectionTaken,
  PersonFull,
  PersonRemoved,
  type Position,
  StoreUnavailable,
  WeddingFull,
} from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';

export interface MembershipsDeps {
  readonly rooms: Rooms;
  readonly metrics: PresenceMetrics;
  readonly graceMs: (role: Role) => number;
  /** Whether a wedding takes no more joins. */
  readonly isClosed: (wedding: string) => boolean;
  readonly revocations: Revocations;
}

/** The connection as its memberships see it. */
export interface MembershipsOwner {
  readonly id: string;
  readonly lean: boolean;
  deliver(frame: SharedFrame): void;
  congested(): boolean;
  send(message: ServerMessage): void;
  fail(code: ErrorCode, message: string, about: Pick<ErrorMessage, 'id' | 'wedding'>): void;
}

/** Why a join is refused for a reason of the client. */
const REFUSALS = [ConnectionTaken, PersonFull, PersonRemoved, WeddingFull];

type About = { readonly id?: string; readonly wedding: string };

/** The weddings that one connection has joined. Its requests reject as those of a room do. */
export class Memberships implements MembershipListener {
  readonly #owner: MembershipsOwner;
  readonly #identity: Identity;
  readonly #deps: MembershipsDeps;
  /** A list, not a map: it is nearly always one, and a map is 230 bytes. */
  #joined: Room[] = [];

  constructor(owner: MembershipsOwner, identity: Identity, deps: MembershipsDeps) {
    this.#owner = owner;
    this.#identity = identity;
    this.#deps = deps;
  }

  get weddings(): readonly string[] {
    return this.#joined.map(({ wedding }) => wedding);
  }

  async join(message: JoinMessage): Promise<void> {
    const { wedding, status, data, resume, since, id } = message;
    if (!this.#mayJoin(message)) return;
    const { user, role } = this.#identity;
    const { lean } = this.#owner;
    const room = this.#deps.rooms.open(wedding);
    const body = bodyOf(this.#identity, status, data);
    const membership = { connection: this.#owner.id, user, body, graceMs: this.#deps.graceMs(role) };
    const subscriber: Subscriber = { membership, lean, sink: this.#owner, listener: this };
    try {
      await room.join(subscriber, resume, { id, since, resumes: resume !== undefined });
    } catch (error) {
      this.#noteFailedJoin(error);
      throw error;
    }
    this.#joined = [...this.#without(wedding), room];
    this.#deps.metrics.joined();
  }

  async update(message: UpdateMessage): Promise<void> {
    const room = this.#room(message);
    const before = room?.bodyOf(this.#owner.id);
    if (room === undefined || before === undefined) return;
    const position = await room.update(this.#owner.id, updatedBody(before, message));
    this.#deps.metrics.updated();
    this.#acknowledge(message, position);
  }

  async leave(message: LeaveMessage): Promise<void> {
    const room = this.#room(message);
    if (room === undefined) return;
    this.#joined = this.#without(message.wedding);
    const position = await room.leave(this.#owner.id);
    this.#deps.metrics.left();
    this.#acknowledge(message, position);
  }

  sendSnapshot(message: About): void {
    this.#room(message)?.sendSnapshot(this.#owner.id, message.id);
  }

  /** The client has read all that was sent to it. */
  catchUp(): void {
    for (const room of this.#joined) room.catchUp(this.#owner.id);
  }

  /** The connection is gone: its person is reconnecting in every wedding. Returns the errors of drops that Redis did not confirm. */
  async drop(reason: ReconnectReason): Promise<unknown[]> {
    const drops = this.#joined.map(async (room) => {
      if (room.bodyOf(this.#owner.id) === undefined) return;
      this.#deps.metrics.dropped(reason);
      await room.drop(this.#owner.id, reason);
    });
    this.#joined = [];
    const settled = await Promise.allSettled(drops);
    return settled.flatMap((drop) => (drop.status === 'rejected' ? [drop.reason as unknown] : []));
  }

  /** The access of the person has ended: others see a leave from each wedding. Returns errors as `drop` does. */
  async leaveAll(): Promise<unknown[]> {
    const rooms = this.#joined.filter((room) => room.bodyOf(this.#owner.id) !== undefined);
    this.#joined = [];
    const settled = await Promise.allSettled(rooms.map((room) => room.leave(this.#owner.id)));
    return settled.flatMap((leave) => (leave.status === 'rejected' ? [leave.reason as unknown] : []));
  }

  /** Ends the memberships that were revoked; the client stays connected. Returns errors as `drop` does. */
  async leaveRevoked(): Promise<unknown[]> {
    const { revocations } = this.#deps;
    const settled = await Promise.allSettled(
      this.#joined.map(async (room) => {
        const revocation = revocations.find(this.#identity, room.wedding);
        if (revocation === undefined) return;
        revocations.count(revocation);
        this.ended(room.wedding, 'removed');
        if (room.bodyOf(this.#owner.id) !== undefined) await room.leave(this.#owner.id);
      }),
    );
    return settled.flatMap((leave) => (leave.status === 'rejected' ? [leave.reason as unknown] : []));
  }

  /** The client gets an error that keeps the connection. */
  ended(wedding: string, code: EndReason): void {
    this.#joined = this.#without(wedding);
    // Not through `fail`, which counts errors: every hand-over in a drain ends so.
    const { meaning: message } = errorCodeRule(code);
    this.#owner.send({ type: 'error', code, message, fatal: false, wedding });
  }

  #mayJoin({ id, wedding }: About): boolean {
    const about = aboutOf({ id, wedding });
    const refuse = (code: ErrorCode, message: string): false => {
      this.#owner.fail(code, message, about);
      return false;
    };
    if (!this.#identity.weddings.includes(wedding))
      return refuse('unknown_wedding', 'the token does not name this wedding');
    const revocation = this.#deps.revocations.find(this.#identity, wedding);
    if (revocation !== undefined) return refuse('removed', revokedMessage(revocation));
    if (this.#deps.isClosed(wedding)) return refuse('wedding_closed', 'the wedding is done or cancelled');
    if (this.#roomOf(wedding) === undefined && this.#joined.length >= MAX_WEDDINGS_PER_CONNECTION)
      return refuse('too_many_weddings', `a connection may join ${MAX_WEDDINGS_PER_CONNECTION} weddings`);
    return true;
  }

  /** Rooms refuse a client by errors of their own; any other error is ours. */
  #noteFailedJoin(error: unknown): void {
    if (error instanceof StoreUnavailable) this.#deps.metrics.notJoined('unavailable');
    else if (!REFUSALS.some((refusal) => error instanceof refusal)) this.#deps.metrics.notJoined('internal');
  }

  /** The room of a wedding that this connection has joined; otherwise undefined, and the client gets an error. */
  #room(message: About): Room | undefined {
    const room = this.#roomOf(message.wedding);
    if (room?.bodyOf(this.#owner.id) !== undefined) return room;
    const about = aboutOf(message);
    if (this.#identity.weddings.includes(message.wedding))
      this.#owner.fail('not_joined', 'join this wedding first', about);
    else this.#owner.fail('unknown_wedding', 'the token does not name this wedding', about);
    return undefined;
  }

  #roomOf(wedding: string): Room | undefined {
    return this.#joined.find((room) => room.wedding === wedding);
  }

  #without(wedding: string): Room[] {
    return this.#joined.filter((room) => room.wedding !== wedding);
  }

  #acknowledge({ id, wedding }: About, position: Position): void {
    if (id !== undefined) this.#owner.send({ type: 'ack', id, wedding, ...position });
  }
}

/** The fields of an error frame that name its request. */
export function aboutOf(about: {
  readonly id?: string | undefined;
  readonly wedding?: string;
}): Pick<ErrorMessage, 'id' | 'wedding'> {
  return {
    ...(about.id === undefined ? {} : { id: about.id }),
    ...(about.wedding === undefined ? {} : { wedding: about.wedding }),
  };
}
