import type { Cluster, Redis } from 'ioredis';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { withDeadline } from './deadline.ts';

/** How soon a primary that hangs, and says nothing, is left once another has taken its place. */
const LOOK_EVERY_MS = 2_000;
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
 * Sees to it that a Cluster client learns of slots that have moved, in place of ioredis' `slotsRefreshInterval`. That connects
 * anew each time and, with sharded subscribers, writes 16,384 slots as text twice to compare them, also when nothing has
 * changed: 7 to 33 ms in which nobody is served. Here a primary is asked on the connection there is, and the client refreshes
 * only when the answer says otherwise than it knows, when nobody answers, or when something has failed meanwhile.
 */
export class SlotWatch {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  /** Another primary is the first to be asked each time: one that is cut off knows only how it was. */
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

  /** A request failed, so what the client knows may be wrong in a way that the slots do not tell. */
  noteFailure(): void {
    this.#failed = true;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #schedule(): void {
    if (!this.#closed) this.#cancel = this.#clock.setTimeout(() => void this.#look(), LOOK_EVERY_MS);
  }

  async #look(): Promise<void> {
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
      const ranges = await this.#askForSlots(node);
      if (ranges !== undefined) return differs(ranges, knownTo(this.#cluster));
    }
    return true;
  }

  async #askForSlots(node: Redis): Promise<readonly SlotRange[] | undefined> {
    try {
      const answer = await withDeadline(node.cluster('SLOTS'), ANSWER_WITHIN_MS, this.#clock);
      return answer as unknown as readonly SlotRange[];
    } catch {
      return undefined;
    }
  }
}

/** Whether the nodes of a slot are other ones than the client knows, or one of them has no connection. */
export function differs(ranges: readonly SlotRange[], { slots, nodes }: KnownCluster): boolean {
  for (const [first, last, ...servers] of ranges) {
    // As ioredis does with a node whose address nobody knows.
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
