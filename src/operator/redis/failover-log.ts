import { ATTEMPT_HOLD_MS, type FailoverAttempt } from '../../domain/topology/failover.ts';

/** A failover of which the operator was the author, as status shows it. */
export interface FailoverEntry {
  readonly at: Date;
  readonly shard: number;
  /** Pod names. */
  readonly from: string;
  readonly to: string;
  readonly because: string;
  /** From the first sign of trouble until the replica said that it is the primary; absent until then. */
  readonly milliseconds?: number;
}

/**
 * The failovers of one PresenceCluster that were requested, by the prober, by a roll or by the spreading of primaries. Two
 * failovers at once in one shard hinder each other for seconds (valkey#3996), so each of the three checks here first. Times
 * are monotonic milliseconds.
 */
export class FailoverLog {
  readonly #attempts = new Map<number, FailoverAttempt>();
  readonly #elected = new Map<string, number>();
  #last: FailoverEntry | undefined;
  #promotions = 0;

  /** The last failover that was requested, by shard. */
  get attempts(): ReadonlyMap<number, FailoverAttempt> {
    return this.#attempts;
  }

  noteAttempt(shard: number, atMs: number): void {
    this.#attempts.set(shard, { askedMs: atMs });
  }

  /** A replica of the shard, this pod, has become its primary. */
  noteDone(shard: number, pod: string, atMs: number): void {
    this.#elected.set(pod, atMs);
    this.#promotions += 1;
    const attempt = this.#attempts.get(shard);
    if (attempt !== undefined) this.#attempts.set(shard, { ...attempt, doneMs: atMs });
  }

  /** Times that a replica has become a primary. */
  get promotions(): number {
    return this.#promotions;
  }

  /** When the pod was last seen to become a primary; undefined when it was not. */
  electedMs(pod: string): number | undefined {
    return this.#elected.get(pod);
  }

  /** Whether a failover of some shard was requested, is not known to be done, and may still happen. */
  isUnderWay(nowMs: number): boolean {
    return [...this.#attempts.values()].some(
      ({ askedMs, doneMs }) => doneMs === undefined && nowMs < askedMs + ATTEMPT_HOLD_MS,
    );
  }

  /** Whether no failover of any shard was requested since then. */
  isQuietSince(sinceMs: number): boolean {
    return [...this.#attempts.values()].every(({ askedMs }) => askedMs < sinceMs);
  }

  /** The last failover after a death; undefined when this process has made none. */
  get last(): FailoverEntry | undefined {
    return this.#last;
  }

  record(entry: FailoverEntry): void {
    this.#last = entry;
  }
}
