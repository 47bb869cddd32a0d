import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Position } from '../store/store.ts';

export interface HeartbeatDeps {
  readonly clock: Pick<Clock, 'setTimeout' | 'monotonicMs'>;
  /** 0 to 1, for spreading beats. */
  readonly random: () => number;
  /** Asks Redis where the wedding is, which renews the lease of this pod. Undefined when there is nothing to renew. */
  readonly beat: () => Promise<Position> | undefined;
  readonly hasReached: (position: Position) => boolean;
  /** Redis and the replica agree. */
  readonly inStep: () => void;
  /** Redis is further than the replica, and no message came. */
  readonly behind: () => void;
  readonly failed: (error: unknown) => void;
  /** A beat is due, and the one before has no answer yet. */
  readonly late: () => void;
}

/** Half of the lease, so that one late beat does no harm. */
export const BEAT_MS = 1_000;
/** A change comes on a connection of its own, so it may come after the answer of a beat that knows it. */
const BEAT_SETTLES_WITHIN_MS = 250;

/** Compares the replica of one wedding with Redis once a second, and remembers when they last agreed. */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  /** What Redis said last to an update of this pod, which renews the lease as a beat does, and when it was sent. */
  #renewed: { readonly position: Position; readonly at: number } | undefined;
  #agreedAt: number;
  #beating = false;
  #closed = false;
  #cancelBeat: Cancel = () => {};
  #cancelSettle: Cancel = () => {};

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
    this.#agreedAt = deps.clock.monotonicMs();
    this.#schedule(BEAT_MS * deps.random());
  }

  /** Milliseconds since the replica was last known to be what Redis has. */
  get ageMs(): number {
    return this.#deps.clock.monotonicMs() - this.#agreedAt;
  }

  /** A request that began at `at` did what a beat does. */
  noteRenewed(position: Position, at: number): void {
    this.#renewed = { position, at };
  }

  /** The replica was just made what Redis has. */
  noteAgreed(): void {
    this.#agreedAt = this.#deps.clock.monotonicMs();
  }

  /** Messages may be missing: asks now instead of at the next beat. */
  verify(): void {
    void this.#beat();
  }

  close(): void {
    this.#closed = true;
    this.#cancelBeat();
    this.#cancelSettle();
  }

  #schedule(delayMs: number): void {
    this.#cancelBeat = this.#deps.clock.setTimeout(() => {
      const renewed = this.#renewed;
      const restMs = renewed === undefined ? 0 : renewed.at + BEAT_MS - this.#deps.clock.monotonicMs();
      this.#schedule(restMs > 0 ? restMs : BEAT_MS);
      if (renewed !== undefined && restMs > 0) this.#compare(renewed.position);
      else void this.#beat();
    }, delayMs);
  }

  async #beat(): Promise<void> {
    if (this.#beating) {
      this.#deps.late();
      return;
    }
    const beat = this.#deps.beat();
    if (beat === undefined) return;
    this.#beating = true;
    try {
      this.#compare(await beat);
    } catch (error) {
      this.#deps.failed(error);
    } finally {
      this.#beating = false;
    }
  }

  /** What Redis says against what the replica holds. */
  #compare(position: Position): void {
    this.#cancelSettle();
    if (this.#closed) return;
    if (this.#deps.hasReached(position)) this.#agree();
    else
      this.#cancelSettle = this.#deps.clock.setTimeout(() => {
        if (this.#deps.hasReached(position)) this.noteAgreed();
        else this.#deps.behind();
      }, BEAT_SETTLES_WITHIN_MS);
  }

  #agree(): void {
    this.noteAgreed();
    this.#deps.inStep();
  }
}
