import type { Cluster } from 'ioredis';

/** One key in each third of the slots, so one a shard of three; within what the user `presence` may touch. */
const PREFIXES = ['pr:{b}:', 'pr:{c}:', 'pr:{a}:'];

/** What one shard's writes were like since `begin`. */
export interface LaneReport {
  readonly shard: number;
  readonly acknowledged: number;
  readonly errors: number;
  /** The longest time without an acknowledged write, the time since the last one included. */
  readonly longestGapMs: number;
  /** When that time began, by `performance.now()`. */
  readonly longestGapFromMs: number;
  /** Numbers that were acknowledged, now or before `begin`, and are not there. */
  readonly lost: readonly number[];
  readonly firstError?: string;
}

interface Lane {
  readonly key: string;
  next: number;
  readonly acknowledged: Set<number>;
  since: number;
  lastAckMs: number;
  longestGapMs: number;
  longestGapFromMs: number;
  errors: number;
  firstError: string | undefined;
}

/**
 * Writes a number every few milliseconds to each shard, whether the ones before were answered or not, and remembers
 * which were acknowledged: a write that was and is gone is lost.
 */
export class NumberedWriter {
  readonly #cluster: Cluster;
  readonly #lanes: Lane[];
  #timer: NodeJS.Timeout | undefined;
  #tickMs = 0;
  #longestStallMs = 0;

  /** @param name of the keys; no two writers may share it */
  constructor(cluster: Cluster, name = 'chaos') {
    this.#cluster = cluster;
    const now = performance.now();
    this.#lanes = PREFIXES.map((prefix) => ({
      key: `${prefix}${name}`,
      next: 0,
      acknowledged: new Set(),
      since: 0,
      lastAckMs: now,
      longestGapMs: 0,
      longestGapFromMs: now,
      errors: 0,
      firstError: undefined,
    }));
  }

  start(everyMs: number): void {
    this.#tickMs = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#longestStallMs = Math.max(this.#longestStallMs, now - this.#tickMs - everyMs);
      this.#tickMs = now;
      for (const lane of this.#lanes) void this.#write(lane);
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Gaps, errors and counts start anew; what was acknowledged is remembered. */
  begin(): void {
    this.#longestStallMs = 0;
    const now = performance.now();
    for (const lane of this.#lanes) {
      Object.assign(lane, { lastAckMs: now, longestGapMs: 0, longestGapFromMs: now, errors: 0 });
      Object.assign(lane, { firstError: undefined, since: lane.acknowledged.size });
    }
  }

  /** Writes acknowledged since `begin`, by shard; costs nothing. */
  progress(): number[] {
    return this.#lanes.map(({ acknowledged, since }) => acknowledged.size - since);
  }

  /** The longest time since `begin` for which this process itself could do nothing: a gap may be due to it. */
  get longestStallMs(): number {
    return Math.round(this.#longestStallMs);
  }

  /** Reads back everything. */
  report(): Promise<LaneReport[]> {
    return Promise.all(this.#lanes.map((lane, shard) => this.#reportOf(lane, shard)));
  }

  async #write(lane: Lane): Promise<void> {
    const number = lane.next++;
    try {
      await this.#cluster.rpush(lane.key, number);
      const now = performance.now();
      const gapMs = now - lane.lastAckMs;
      if (gapMs > lane.longestGapMs) [lane.longestGapMs, lane.longestGapFromMs] = [gapMs, lane.lastAckMs];
      lane.lastAckMs = now;
      lane.acknowledged.add(number);
    } catch (error) {
      lane.errors++;
      lane.firstError ??= error instanceof Error ? error.message : String(error);
    }
  }

  async #reportOf(lane: Lane, shard: number): Promise<LaneReport> {
    const acknowledged = [...lane.acknowledged];
    const open = performance.now() - lane.lastAckMs;
    const stored = new Set(await this.#cluster.lrange(lane.key, 0, -1));
    return {
      shard,
      acknowledged: acknowledged.length - lane.since,
      errors: lane.errors,
      longestGapMs: Math.round(Math.max(lane.longestGapMs, open)),
      longestGapFromMs: open > lane.longestGapMs ? lane.lastAckMs : lane.longestGapFromMs,
      lost: acknowledged.filter((number) => !stored.has(String(number))),
      ...(lane.firstError === undefined ? {} : { firstError: lane.firstError }),
    };
  }
}
