import { CLOSE_CODES, type ErrorCode, errorCodeRule } from '../api/protocol/codes.ts';
import { MAX_FRAME_BYTES, MAX_WEDDINGS_PER_CONNECTION, PROTOCOL_VERSION } from '../api/protocol/limits.ts';
import type { ReconnectReason } from '../api/protocol/member.ts';
import type {
  ClientMessage,
  ErrorMessage,
  JoinMessage,
  LeaveMessage,
  ServerMessage,
  UpdateMessage,
} from '../api/protocol/messages.ts';
import type { Role } from '../api/protocol/roles.ts';
import type { EntryBody } from '../domain/presence-state/entry.ts';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { EngineSocket, SocketEnd } from './engine.ts';
import type { Identity } from './identity.ts';
import type { PresenceMetrics } from './metrics.ts';
import { parseMessage } from './parse-message.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { SharedFrame } from './shared-frame.ts';
import { type Position, StoreUnavailable, WeddingFull } from './store.ts';

export interface ConnectionDeps {
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: PresenceMetrics;
  readonly log: Logger;
  readonly heartbeatMs: number;
  readonly graceMs: (role: Role) => number;
}

/** Frames of one client that may wait before its socket is no longer read. */
const MOST_WAITING = 32;
/** A client that has this much unread is not reading: its phone is in a tunnel, and the state moves on. */
const MOST_BUFFERED_BYTES = 1_048_576;
/** Retry hints are spread from one to two of these, so that clients do not come back together. */
const RETRY_AFTER_MS = 1_000;

/** One authenticated client: reads its messages one after the other, and ends with its token. */
export class Connection {
  readonly id: string;
  readonly #socket: EngineSocket;
  readonly #identity: Identity;
  readonly #deps: ConnectionDeps;
  readonly #joined = new Map<string, Room>();
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #ending: ReconnectReason | undefined;
  #closing = false;
  #cancelExpiry: Cancel = () => {};
  readonly #end = Promise.withResolvers<void>();

  constructor(id: string, socket: EngineSocket, identity: Identity, deps: ConnectionDeps) {
    this.id = id;
    this.#socket = socket;
    this.#identity = identity;
    this.#deps = deps;
  }

  /** Resolves when the socket is gone. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Greets the client and starts the clock of its token. */
  start(): void {
    const { user, role, weddings, expiresAt } = this.#identity;
    this.#send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      connection: this.id,
      user,
      role,
      weddings: [...weddings],
      heartbeatMs: this.#deps.heartbeatMs,
      maxFrameBytes: MAX_FRAME_BYTES,
      expiresAt,
    });
    const remaining = Math.max(0, expiresAt - this.#deps.clock.now().getTime());
    this.#cancelExpiry = this.#deps.clock.setTimeout(() => {
      this.#ending = 'expired';
      this.fail('token_expired', 'the token has expired');
    }, remaining);
  }

  /** Queues a frame. A client that sends faster than its requests are done is read more slowly. */
  receive(text: string): void {
    if (this.#closing) return;
    this.#waiting++;
    if (this.#waiting === MOST_WAITING) this.#socket.pause();
    this.#work = this.#work.then(async () => {
      if (!this.#closing) await this.#handle(text);
      if (this.#waiting === MOST_WAITING) this.#socket.resume();
      this.#waiting--;
    });
  }

  /** Sends an error frame, and closes when its code says so. */
  fail(code: ErrorCode, message: string, about: Pick<ErrorMessage, 'id' | 'wedding'> = {}): void {
    if (this.#closing) return;
    const rule = errorCodeRule(code);
    this.#deps.metrics.failed(code);
    this.#send({
      type: 'error',
      code,
      message,
      fatal: rule.close !== undefined,
      ...(about.id === undefined ? {} : { id: about.id }),
      ...(about.wedding === undefined ? {} : { wedding: about.wedding }),
      ...(rule.retry ? { retryAfterMs: retryAfterMs(this.#deps.random) } : {}),
    });
    if (rule.close !== undefined) this.#close(rule.close, code);
  }

  /** Tells the client to go to another server. */
  announceDrain(deadlineMs: number): void {
    if (!this.#closing) this.#send({ type: 'drain', deadlineMs });
  }

  /** Ends the connection of a client that did not go by itself. */
  drain(): void {
    this.#ending ??= 'drained';
    this.#close(CLOSE_CODES.goingAway, 'drained');
  }

  /** Ends the connection without the courtesy of a close frame: the client did not answer one. */
  abandon(): void {
    this.#socket.terminate();
  }

  /** The socket is gone: its person is reconnecting in every wedding. Resolves when Redis knows. */
  async end(end: SocketEnd): Promise<void> {
    this.#closing = true;
    this.#cancelExpiry();
    this.#end.resolve();
    await this.#work;
    const reason = this.#ending ?? end;
    const drops = [...this.#joined.values()].map(async (room) => {
      if (room.bodyOf(this.id) === undefined) return;
      this.#deps.metrics.dropped(reason);
      await room.drop(this.id, reason);
    });
    this.#joined.clear();
    for (const drop of await Promise.allSettled(drops)) {
      if (drop.status === 'rejected')
        this.#deps.log.debug({ err: drop.reason }, 'the beat repeats this drop');
    }
  }

  async #handle(text: string): Promise<void> {
    const frame = parseMessage(text);
    if (frame.kind === 'refused') {
      this.fail(frame.code, frame.message);
      return;
    }
    const { message } = frame;
    const about = message.type === 'ping' ? { id: message.id } : { id: message.id, wedding: message.wedding };
    try {
      await this.#answer(message);
    } catch (error) {
      if (error instanceof StoreUnavailable)
        this.fail('unavailable', 'Redis did not confirm in time', defined(about));
      else if (error instanceof WeddingFull) this.fail('wedding_full', error.message, defined(about));
      else {
        this.#deps.log.error({ err: error }, 'a message could not be handled');
        this.fail('internal', 'the server failed', defined(about));
      }
    }
  }

  async #answer(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong', ...(message.id === undefined ? {} : { id: message.id }) });
        return;
      case 'join':
        await this.#join(message);
        return;
      case 'update':
        await this.#update(message);
        return;
      case 'leave':
        await this.#leave(message);
        return;
      case 'snapshot':
        this.#member(message)?.sendSnapshot(this.id, message.id);
    }
  }

  async #join(message: JoinMessage): Promise<void> {
    const about = defined({ id: message.id, wedding: message.wedding });
    if (!this.#identity.weddings.has(message.wedding)) {
      this.fail('unknown_wedding', 'the token does not name this wedding', about);
      return;
    }
    if (!this.#joined.has(message.wedding) && this.#joined.size >= MAX_WEDDINGS_PER_CONNECTION) {
      this.fail('too_many_weddings', `a connection may join ${MAX_WEDDINGS_PER_CONNECTION} weddings`, about);
      return;
    }
    const { user, name, role } = this.#identity;
    const { status, data } = message;
    const room = this.#deps.rooms.open(message.wedding);
    const membership = {
      connection: this.id,
      user,
      body: compact({ name, role, status, data }),
      graceMs: this.#deps.graceMs(role),
    };
    await room.join({ membership, deliver: (frame) => this.#deliver(frame) }, message.resume, message.id);
    this.#joined.set(message.wedding, room);
    this.#deps.metrics.joined();
  }

  async #update(message: UpdateMessage): Promise<void> {
    const room = this.#member(message);
    const before = room?.bodyOf(this.id);
    if (room === undefined || before === undefined) return;
    const { status = before.status, data = before.data } = message;
    const position = await room.update(
      this.id,
      compact({ name: before.name, role: before.role, status, data }),
    );
    this.#deps.metrics.updated();
    this.#acknowledge(message, position);
  }

  async #leave(message: LeaveMessage): Promise<void> {
    const room = this.#member(message);
    if (room === undefined) return;
    this.#joined.delete(message.wedding);
    const position = await room.leave(this.id);
    this.#deps.metrics.left();
    this.#acknowledge(message, position);
  }

  /** The room of a wedding this connection is a member of; says so to the client when it is not. */
  #member(message: { readonly id?: string; readonly wedding: string }): Room | undefined {
    const room = this.#joined.get(message.wedding);
    if (room?.bodyOf(this.id) !== undefined) return room;
    const about = defined({ id: message.id, wedding: message.wedding });
    if (this.#identity.weddings.has(message.wedding))
      this.fail('not_joined', 'join this wedding first', about);
    else this.fail('unknown_wedding', 'the token does not name this wedding', about);
    return undefined;
  }

  #acknowledge(message: { readonly id?: string; readonly wedding: string }, position: Position): void {
    if (message.id === undefined) return;
    this.#send({ type: 'ack', id: message.id, wedding: message.wedding, ...position });
  }

  #send(message: ServerMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  #deliver(frame: SharedFrame): void {
    if (this.#closing) return;
    this.#socket.sendShared(frame);
    if (this.#socket.bufferedBytes > MOST_BUFFERED_BYTES) {
      this.fail('slow_consumer', 'too much is waiting to be read');
    }
  }

  #close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.close(code, reason);
  }
}

/** A hint between one and two times the base. */
export function retryAfterMs(random: () => number): number {
  return Math.round(RETRY_AFTER_MS * (1 + random()));
}

function defined(about: { id?: string | undefined; wedding?: string }): Pick<ErrorMessage, 'id' | 'wedding'> {
  return {
    ...(about.id === undefined ? {} : { id: about.id }),
    ...(about.wedding === undefined ? {} : { wedding: about.wedding }),
  };
}

function compact(body: {
  name: string | undefined;
  role: Role;
  status: string | undefined;
  data: unknown;
}): EntryBody {
  return {
    role: body.role,
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.status === undefined ? {} : { status: body.status }),
    ...(body.data === undefined ? {} : { data: body.data }),
  };
}
