import { type ObservedNode, type ObservedTopology, reachableNodes } from '../../domain/topology/observed.ts';

/** What a reconcile last saw of one Redis pod. */
export interface RedisNodeReading {
  readonly pod: string;
  readonly shard: number;
  /** Name of the Kubernetes node; undefined while the pod is on none. */
  readonly node: string | undefined;
  readonly answers: boolean;
  readonly isPrimary: boolean;
  /** Of a replica: whether its replication link is up. */
  readonly linkUp: boolean | undefined;
  /** Of a replica: bytes of the replication stream that its primary has written and it has not read. */
  readonly lagBytes: number | undefined;
  /** INFO memory: what counts towards `maxmemory`, and `maxmemory` where there is one. */
  readonly usedBytes: number | undefined;
  readonly limitBytes: number | undefined;
}

/** A settled Redis is looked at every 5 s. What was seen longer ago tells nothing of now. */
const FORGOTTEN_AFTER_MS = 120_000;

/** The last look at the Redis pods of one PresenceCluster, for metrics. */
export class RedisNodes {
  #seen: { readonly nodes: readonly RedisNodeReading[]; readonly atMs: number } | undefined;

  /** @param nowMs monotonic */
  note(topology: ObservedTopology, nowMs: number): void {
    const offsets = new Map(
      reachableNodes(topology).map(({ id, replicationOffset }) => [id, replicationOffset]),
    );
    this.#seen = { nodes: topology.nodes.map((node) => readingOf(node, offsets)), atMs: nowMs };
  }

  /** Empty when the last look was too long ago. */
  last(nowMs: number): readonly RedisNodeReading[] {
    return this.#seen === undefined || nowMs - this.#seen.atMs > FORGOTTEN_AFTER_MS ? [] : this.#seen.nodes;
  }
}

function readingOf(node: ObservedNode, offsets: ReadonlyMap<string, number | undefined>): RedisNodeReading {
  const { pod, shard, kubernetesNode } = node;
  const seen = node.reachable ? node : undefined;
  const isReplica = seen?.role === 'replica';
  const written = offsets.get(seen?.primaryId ?? '');
  const read = seen?.replicationOffset;
  // The servers are not asked in the same instant, so a replica may seem to be ahead.
  const lag = written === undefined || read === undefined ? undefined : Math.max(0, written - read);
  const limit = seen?.memory?.limit;
  return {
    pod,
    shard,
    node: kubernetesNode,
    answers: node.reachable,
    // A server that owns nothing yet is its own primary, too.
    isPrimary: seen?.role === 'primary' && seen.slots.length > 0,
    linkUp: isReplica ? seen?.linkUp === true : undefined,
    lagBytes: isReplica ? lag : undefined,
    usedBytes: seen?.memory?.used,
    limitBytes: limit === 0 ? undefined : limit,
  };
}
