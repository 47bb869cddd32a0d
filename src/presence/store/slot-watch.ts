import type { Cluster, Redis } from 'ioredis';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { withDeadline } from './deadline.ts';

/** How soon the client leaves a primary that hangs after another node has taken its place. */
const CHECK_EVERY_MS = 2_000;
const ANSWER_WITHIN_MS = 1_000;

/** One range of an answer of CLUSTER SLOTS: first and last slot, then its nodes, the primary first. */
type SlotRange = readonly [number, number, ...(readonly [string, number])[]];

/** What ioredis knows of the cluster. */
interface KnownCluster {
  /** For each slot its nodes as `host:port`. */
  readonly slots: readonly (readonly string[] | undefined)[];
  readonly nodes: ReadonlySet<string>;
}

/**
 * Refreshes the slots of a Cluster client when they have moved, in place of ioredis' `slotsRefreshInterval`. That opens a
 * new connection each time and, with sharded subscribers, writes 16,384 slots as text twice to compare them, even when
 * nothing has changed: 7 to 33 ms in which no client is served. This class asks a primary on an open connection, and
 * refreshes only when the answer differs from what the client knows, when no primary answers, or after a failure.
 */
export class SlotWatch {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  /** Each round starts with another primary: one that is cut off gives outdated slots. */
  #round = 0;
  #failed = false;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
    for (const event of ['error', 'node error', '-node', '-subscriber'])
      cluster.on(event, () => this.noteFailure());
    this.#schedule();
  }

  /** A request failed, so the client may be wrong in a way that the slots do not show. */
  noteFailure(): void {
    this.#failed = true;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #schedule(): void {
    if (!this.#closed) this.#cancel = this.#clock.setTimeout(() => void this.#check(), CHECK_EVERY_MS);
  }

  async #check(): Promise<void> {
    const isOutOfDate = this.#cluster.status === 'ready' && (await this.#isOutOfDate());
    if (isOutOfDate && !this.#closed) {
      this.#failed = false;
      await new Promise<void>((done) => this.#cluster.refreshSlotsCache(() => done()));
    }
    this.#schedule();
  }

  async #isOutOfDate(): Promise<boolean> {
    if (this.#failed) return true;
    const primaries = this.#cluster.nodes('master');
    const first = this.#round++ % Math.max(1, primaries.length);
    for (const node of [...primaries.slice(first), ...primaries.slice(0, first)]) {
      const ranges = await this.#requestSlots(node);
      if (ranges !== undefined) return differs(ranges, knownTo(this.#cluster));
    }
    return true;
  }

  async #requestSlots(node: Redis): Promise<readonly SlotRange[] | undefined> {
    try {
      const answer = await withDeadline(node.cluster('SLOTS'), ANSWER_WITHIN_MS, this.#clock);
      return answer as unknown as readonly SlotRange[];
    } catch {
      return undefined;
    }
  }
}

/** Whether a slot has other nodes than the client knows, or a node has no connection. */
export function differs(ranges: readonly SlotRange[], { slots, nodes }: KnownCluster): boolean {
  for (const [first, last, ...servers] of ranges) {
    // ioredis skips a node without an address as well.
    const keys = servers.filter(([host]) => host).map(([host, port]) => `${host}:${port}`);
    if (!keys.every((key) => nodes.has(key))) return true;
    let right: readonly string[] | undefined;
    for (let slot = first; slot <= last; slot++) {
      // ioredis keeps one list for all slots of a range.
      if (right === undefined || slots[slot] !== right) {
        if (!isSame(slots[slot], keys)) return true;
        right = slots[slot];
      }
    }
  }
  return false;
}

function isSame(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && other.every((key, at) => key === one[at]);
}

function knownTo(cluster: Cluster): KnownCluster {
  const nodes = cluster.nodes('all').map(({ options }) => `${options.host}:${options.port}`);
  return { slots: cluster.slots, nodes: new Set(nodes) };
}
