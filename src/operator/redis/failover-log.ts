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
 * What was done about failovers of each PresenceCluster, by whomever: the prober, a roll or the spreading of
 * primaries. Two failovers at once in one shard hinder each other for seconds (valkey#3996), so everybody looks here
 * first. Keys are namespace/name.
 */
export class FailoverLog {
  readonly #attempts = new Map<string, Map<number, FailoverAttempt>>();
  readonly #last = new Map<string, FailoverEntry>();
  readonly #elected = new Map<string, Map<string, number>>();

  /** The last failover of each shard that was asked for; times are monotonic milliseconds. */
  attempts(key: string): ReadonlyMap<number, FailoverAttempt> {
    return this.#attempts.get(key) ?? new Map();
  }

  noteAttempt(key: string, shard: number, atMs: number): void {
    const shards = this.#attempts.get(key) ?? new Map<number, FailoverAttempt>();
    this.#attempts.set(key, shards.set(shard, { askedMs: atMs }));
  }

  /** A replica of the shard, this pod, has become its primary. */
  noteDone(key: string, shard: number, pod: string, atMs: number): void {
    this.#elected.set(key, (this.#elected.get(key) ?? new Map()).set(pod, atMs));
    const attempt = this.#attempts.get(key)?.get(shard);
    if (attempt !== undefined) this.#attempts.get(key)?.set(shard, { ...attempt, doneMs: atMs });
  }

  /** When the pod was last seen to become a primary, in monotonic milliseconds; undefined when it was not. */
  electedMs(key: string, pod: string): number | undefined {
    return this.#elected.get(key)?.get(pod);
  }

  /** Whether a failover of some shard was asked for, has not been seen to be done, and may still come about. */
  isUnderWay(key: string, nowMs: number): boolean {
    return [...this.attempts(key).values()].some(
      ({ askedMs, doneMs }) => doneMs === undefined && nowMs < askedMs + ATTEMPT_HOLD_MS,
    );
  }

  /** Whether a failover of no shard was asked for since then. */
  isQuietSince(key: string, sinceMs: number): boolean {
    return [...this.attempts(key).values()].every(({ askedMs }) => askedMs < sinceMs);
  }

  /** The last failover after a death; absent when this process has done none. */
  last(key: string): FailoverEntry | undefined {
    return this.#last.get(key);
  }

  record(key: string, entry: FailoverEntry): void {
    this.#last.set(key, entry);
  }

  forget(key: string): void {
    this.#attempts.delete(key);
    this.#last.delete(key);
    this.#elected.delete(key);
  }
}
