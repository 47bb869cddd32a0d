import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Position } from '../store/store.ts';
import type { Staleness } from './staleness.ts';
import type { UnackedWrites } from './unacked-writes.ts';

/** Sends the heartbeats of one wedding, and acts on their results. */
export interface HeartbeatHandler {
  /** Asks Redis for the position, which renews the lease of this pod. Undefined when there is nothing to renew. */
  sendHeartbeat(): Promise<Position> | undefined;
  /** Redis and the replica agree. */
  onInStep(): void;
  /** Redis is ahead of the replica, and no message came. */
  onBehind(): void;
  /** `answeredSince`: a later heartbeat has an answer, so this says nothing about Redis as it is now. */
  onFailed(error: unknown, answeredSince: boolean): void;
  /** A heartbeat is due, and the previous one has no answer yet. */
  onLate(): void;
}

export interface HeartbeatDeps {
  readonly clock: Pick<Clock, 'setTimeout' | 'monotonicMs'>;
  /** 0 to 1, for spreading heartbeats. */
  readonly random: () => number;
  readonly replica: { hasReached(position: Position): boolean };
  readonly staleness: Pick<Staleness, 'noteConfirmed'>;
  /** An acknowledged update renews the lease too, so the next heartbeat is sent a second after it. */
  readonly writes: Pick<UnackedWrites, 'lastAck'>;
}

/** Half of the lease, so that one late heartbeat does no harm. */
export const ROOM_HEARTBEAT_MS = 1_000;
/**
 * A heartbeat is sent although earlier ones have no answer: the client of Redis may have lost one, or send it to a node that
 * hangs until the request is given up, and a server that sends none is considered dead. These many go into the time after
 * which a request is given up.
 */
const MAX_OPEN_HEARTBEATS = 5;
/** A change takes a connection of its own, so it may come after an answer that names it. Later than this, it is lost. */
export const CHANGE_ARRIVES_WITHIN_MS = 250;

/** Compares the replica of one wedding with Redis once a second. */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  readonly #handler: HeartbeatHandler;
  /** Heartbeats without an answer. */
  #open = 0;
  /** When the last heartbeat that has an answer was sent (monotonic). */
  #answeredSentAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  #cancelNext: Cancel = () => {};
  #cancelCheck: Cancel = () => {};

  constructor(deps: HeartbeatDeps, handler: HeartbeatHandler) {
    this.#deps = deps;
    this.#handler = handler;
    this.#schedule(ROOM_HEARTBEAT_MS * deps.random());
  }

  /** Messages may be missing: sends a heartbeat now. */
  verify(): void {
    void this.#send();
  }

  close(): void {
    this.#closed = true;
    this.#cancelNext();
    this.#cancelCheck();
  }

  #schedule(delayMs: number): void {
    this.#cancelNext = this.#deps.clock.setTimeout(() => {
      const { lastAck } = this.#deps.writes;
      const restMs =
        lastAck === undefined ? 0 : lastAck.sentAt + ROOM_HEARTBEAT_MS - this.#deps.clock.monotonicMs();
      this.#schedule(restMs > 0 ? restMs : ROOM_HEARTBEAT_MS);
      if (lastAck !== undefined && restMs > 0) this.#compare(lastAck.position);
      else void this.#send();
    }, delayMs);
  }

  async #send(): Promise<void> {
    if (this.#open > 0) this.#handler.onLate();
    if (this.#open >= MAX_OPEN_HEARTBEATS) return;
    const request = this.#handler.sendHeartbeat();
    if (request === undefined) return;
    const sentAt = this.#deps.clock.monotonicMs();
    this.#open++;
    try {
      const position = await request;
      if (this.#isOutdated(sentAt)) return;
      this.#answeredSentAt = sentAt;
      this.#compare(position);
    } catch (error) {
      this.#handler.onFailed(error, this.#isOutdated(sentAt));
    } finally {
      this.#open--;
    }
  }

  /** Whether a later heartbeat has an answer. */
  #isOutdated(sentAt: number): boolean {
    return sentAt < this.#answeredSentAt;
  }

  /** Compares the position of Redis with the replica's, and gives a change that is on its way some time. */
  #compare(position: Position): void {
    this.#cancelCheck();
    if (this.#closed) return;
    const { clock, replica, staleness } = this.#deps;
    if (replica.hasReached(position)) {
      staleness.noteConfirmed();
      this.#handler.onInStep();
      return;
    }
    this.#cancelCheck = clock.setTimeout(() => {
      if (replica.hasReached(position)) staleness.noteConfirmed();
      else this.#handler.onBehind();
    }, CHANGE_ARRIVES_WITHIN_MS);
  }
}
