import { CLOSE_CODES, type ErrorCode, errorCodeRule } from '../../api/protocol/codes.ts';
import { MAX_FRAME_BYTES, PROTOCOL_VERSION } from '../../api/protocol/limits.ts';
import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { ClientMessage, ErrorMessage, ServerMessage } from '../../api/protocol/messages.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { endOf, type Identity } from '../auth/identity.ts';
import { revokedMessage } from '../auth/revocations.ts';
import { parseMessage, requestOf } from '../frames/parse-message.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import type { ConnectionLimit, RateLimits } from '../limits/rate-limit.ts';
import { type Lane, laneOf } from '../scheduling/lane.ts';
import type { WorkScheduler } from '../scheduling/work-scheduler.ts';
import { ConnectionTaken, PersonFull, PersonRemoved, StoreUnavailable, WeddingFull } from '../store/store.ts';
import type { EngineSocket, SocketEnd } from './engine.ts';
import { aboutOf, Memberships, type MembershipsDeps, type MembershipsOwner } from './memberships.ts';

export interface ConnectionDeps extends MembershipsDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly scheduler: WorkScheduler;
  readonly limits: RateLimits;
  readonly heartbeatMs: number;
}

/** Frames of one client that may wait before its socket is no longer read. */
const MAX_WAITING_FRAMES = 32;
/**
 * With this much unread, changes are merged instead of sent. More than the buffer of a stream, so that `drain` is emitted, and
 * more than one snapshot of an ordinary wedding.
 */
export const CONGESTED_BYTES = 131_072;
/** A client that has this much unread in spite of that sends requests without reading the answers. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** A hint only: a connection that is moved to balance the fleet is not closed. */
const MOVE_WITHIN_MS = 10_000;
/** Retry hints are spread from one to two of these, so that clients do not come back together. */
const RETRY_AFTER_MS = 1_000;

/** One authenticated client: reads its messages one after the other. */
export class Connection implements MembershipsOwner {
  readonly id: string;
  readonly lean: boolean;
  readonly #socket: EngineSocket;
  readonly #identity: Identity;
  readonly #deps: ConnectionDeps;
  readonly #limit: ConnectionLimit;
  readonly #memberships: Memberships;
  /** Frames that are not handled yet, the one in hand included. */
  #inbox: string[] = [];
  #idle: (() => void) | undefined;
  #ending: ReconnectReason | undefined;
  #closing = false;
  #announced = false;
  #revoked = false;
  #isEnded = false;
  /** Something was not read at once, so `bufferedBytes` has to be read. */
  #lags = false;
  /** Made on the first read of `ended`: a promise with its functions takes 250 bytes. */
  #end: PromiseWithResolvers<void> | undefined;

  constructor(id: string, socket: EngineSocket, identity: Identity, lean: boolean, deps: ConnectionDeps) {
    this.id = id;
    this.lean = lean;
    this.#socket = socket;
    this.#identity = identity;
    this.#deps = deps;
    this.#limit = deps.limits.open(identity.user, deps.clock.monotonicMs());
    this.#memberships = new Memberships(this, identity, deps);
  }

  /** Resolves when the socket is gone. */
  get ended(): Promise<void> {
    this.#end ??= Promise.withResolvers<void>();
    if (this.#isEnded) this.#end.resolve();
    return this.#end.promise;
  }

  /** When its token no longer counts, in milliseconds since 1970. */
  get endsAt(): number {
    return endOf(this.#identity);
  }

  /** The weddings it has joined. */
  get weddings(): readonly string[] {
    return this.#memberships.weddings;
  }

  get lane(): Lane {
    return laneOf(this.#identity.role);
  }

  /** Whether it has got a `drain` frame already. */
  get announced(): boolean {
    return this.#announced;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** Greets the client. */
  start(): void {
    const { user, role, weddings, expiresAt } = this.#identity;
    this.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      connection: this.id,
      user,
      role,
      weddings,
      heartbeatMs: this.#deps.heartbeatMs,
      maxFrameBytes: MAX_FRAME_BYTES,
      expiresAt,
    });
  }

  /** Its token has ended, and it with it. */
  expire(): void {
    if (this.#closing) return;
    this.#ending = 'expired';
    this.fail('token_expired', 'the token has expired');
  }

  /** Ends it, or its memberships, when its person has been refused for a time. Others see a leave at once. */
  revoke(): void {
    const { revocations } = this.#deps;
    if (this.#closing || !revocations.concerns(this.#identity)) return;
    const revocation = revocations.find(this.#identity);
    if (revocation === undefined) {
      void this.#memberships.leaveRevoked().then(this.#logUnwritten);
      return;
    }
    revocations.count(revocation);
    this.#revoked = true;
    this.fail('revoked', revokedMessage(revocation));
    void this.#memberships.leaveAll().then(this.#logUnwritten);
  }

  /** Queues a frame. A client that sends faster than its requests are done is read more slowly. */
  receive(text: string): void {
    if (this.#closing) return;
    const verdict = this.#limit.take(this.#deps.clock.monotonicMs());
    if (verdict === 'drop') {
      const hint = spread(this.#limit.backOffMs, this.#deps.random);
      this.fail('rate_limited', 'too many messages; this one was dropped', requestOf(text), hint);
      return;
    }
    if (verdict === 'close') {
      this.fail('flooding', 'too many messages were dropped already');
      return;
    }
    this.#inbox.push(text);
    if (this.#inbox.length === MAX_WAITING_FRAMES) this.#socket.pause();
    if (this.#inbox.length === 1) this.#next(text);
  }

  /** The buffer has gone out: sends the changes that were held back, merged. */
  drained(): void {
    this.#lags = false;
    if (!this.#closing) this.#memberships.catchUp();
  }

  /** Sends an error frame, and closes the connection when the code is a fatal one. */
  fail(
    code: ErrorCode,
    message: string,
    about: Pick<ErrorMessage, 'id' | 'wedding'> = {},
    hintMs = retryAfterMs(this.#deps.random),
  ): void {
    if (this.#closing) return;
    const rule = errorCodeRule(code);
    this.#deps.metrics.failed(code);
    this.send({
      type: 'error',
      code,
      message,
      fatal: rule.close !== undefined,
      ...about,
      ...(rule.retry ? { retryAfterMs: hintMs } : {}),
    });
    if (rule.close !== undefined) this.#close(rule.close, code);
  }

  /** Sends the client to another server. */
  announceDrain(deadlineMs: number): void {
    this.#announced = true;
    if (!this.#closing) this.send({ type: 'drain', deadlineMs });
  }

  /** Sends the client to an emptier server. A connection that stays is not closed. */
  announceMove(): void {
    this.#announced = true;
    if (!this.#closing) this.send({ type: 'drain', deadlineMs: MOVE_WITHIN_MS, reason: 'rebalance' });
  }

  /** Closes the connection of a client that did not leave after `announceDrain`. */
  drain(): void {
    this.#ending ??= 'drained';
    this.#close(CLOSE_CODES.goingAway, 'drained');
  }

  /** Ends the connection without a close frame: the client did not answer one. */
  abandon(): void {
    this.#socket.terminate();
  }

  /** The socket is gone: its person is reconnecting in every wedding. Resolves when Redis knows. */
  async end(end: SocketEnd): Promise<void> {
    this.#limit.release();
    this.#isEnded = true;
    this.#end?.resolve();
    // What came before the end counts: a page that is left sends its leave and closes.
    if (this.#inbox.length > 0) await new Promise<void>((idle) => (this.#idle = idle));
    this.#closing = true;
    // The client was sent to another server, and is expected there.
    const reason = end === 'closed' && this.#announced ? 'drained' : end;
    const left = this.#revoked
      ? this.#memberships.leaveAll()
      : this.#memberships.drop(this.#ending ?? reason);
    this.#logUnwritten(await left);
  }

  readonly #logUnwritten = (errors: readonly unknown[]): void => {
    for (const error of errors) this.#deps.log.debug({ err: error }, 'the beat repeats this drop');
  };

  #next(text: string): void {
    this.#deps.scheduler.submit(this.lane, () => void this.#work(text));
  }

  async #work(text: string): Promise<void> {
    try {
      if (!this.#closing) await this.#handle(text);
    } catch (error) {
      // Callers that wait for this connection must not wait for ever, whatever its message was.
      this.#deps.log.error({ err: error }, 'a message could not be read');
      this.fail('internal', 'the server failed');
    }
    if (this.#inbox.length === MAX_WAITING_FRAMES) this.#socket.resume();
    this.#inbox.shift();
    if (this.#closing) this.#inbox = [];
    const [next] = this.#inbox;
    if (next !== undefined) this.#next(next);
    else this.#idle?.();
  }

  async #handle(text: string): Promise<void> {
    const frame = parseMessage(text);
    if (frame.kind === 'refused') {
      this.fail(frame.code, frame.message, frame.about);
      return;
    }
    const { message } = frame;
    try {
      await this.#answer(message);
    } catch (error) {
      const about = aboutOf(message);
      if (error instanceof StoreUnavailable) this.fail('unavailable', 'Redis did not confirm in time', about);
      else if (error instanceof WeddingFull) this.fail('wedding_full', error.message, about);
      else if (error instanceof PersonRemoved) this.fail('removed', error.message, about);
      else if (error instanceof PersonFull) this.fail('too_many_devices', error.message, about);
      else {
        if (!(error instanceof ConnectionTaken))
          this.#deps.log.error({ err: error }, 'a message could not be handled');
        this.fail('internal', 'the server failed', about);
      }
    }
  }

  async #answer(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'ping':
        this.send({ type: 'pong', ...(message.id === undefined ? {} : { id: message.id }) });
        return;
      case 'join':
        await this.#memberships.join(message);
        return;
      case 'update':
        await this.#memberships.update(message);
        return;
      case 'leave':
        await this.#memberships.leave(message);
        return;
      case 'snapshot':
        this.#memberships.sendSnapshot(message);
    }
  }

  send(message: ServerMessage): void {
    if (!this.#socket.send(JSON.stringify(message))) this.#lags = true;
  }

  /** Whether so much is unread that further changes would only age in the buffer. */
  congested(): boolean {
    return this.#lags && this.#socket.bufferedBytes > CONGESTED_BYTES;
  }

  deliver(frame: SharedFrame): void {
    if (this.#closing || this.#isEnded) return;
    if (this.#socket.sendShared(frame)) return;
    this.#lags = true;
    if (this.#socket.bufferedBytes > MAX_BUFFERED_BYTES) {
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
  return spread(RETRY_AFTER_MS, random);
}

function spread(ms: number, random: () => number): number {
  return Math.ceil(ms * (1 + random()));
}
