import { parseClusterNodes } from '../../domain/topology/cluster-nodes.ts';
import type { Engine } from '../../domain/topology/engine.ts';
import type {
  NodeMemory,
  ObservedNode,
  ObservedTopology,
  ReachableNode,
  RedisPod,
} from '../../domain/topology/observed.ts';
import type { RawNodeFacts, RedisAdmin, RedisEndpoint } from '../../platform/redis/admin.ts';

/** One Redis pod as the watch shows it. */
export interface GatheredPod {
  readonly pod: string;
  readonly shard: number;
  /** Absent while the pod has no address. */
  readonly ip?: string;
  /** 6379 when left out. */
  readonly port?: number;
  /** Name of the Kubernetes node. */
  readonly node?: string;
  readonly terminating: boolean;
  /** Why Kubernetes takes the pod for dead; absent while it takes it for alive. */
  readonly down?: string;
  /** Length of the failed readiness-probe window before the pod became NotReady, in ms. */
  readonly probeFailureWindowMs?: number;
  /** Its Kubernetes node is cordoned. */
  readonly cordoned?: boolean;
}

const REDIS_PORT = 6379;

/**
 * Asks all pods at once what they are and whom they know. Never rejects: a pod that gives no answer within the
 * admin's timeouts is reported as unreachable, with the reason.
 */
export async function gatherTopology(
  admin: RedisAdmin,
  pods: readonly GatheredPod[],
): Promise<ObservedTopology> {
  return { nodes: await Promise.all(pods.map((pod) => gatherNode(admin, pod))) };
}

async function gatherNode(admin: RedisAdmin, pod: GatheredPod): Promise<ObservedNode> {
  const identity: RedisPod = {
    pod: pod.pod,
    shard: pod.shard,
    ...(pod.node === undefined ? {} : { kubernetesNode: pod.node }),
    terminating: pod.terminating,
    ...(pod.down === undefined
      ? {}
      : { down: pod.down, probeFailureWindowMs: pod.probeFailureWindowMs ?? 0 }),
    ...(pod.cordoned === true ? { cordoned: true } : {}),
  };
  if (pod.ip === undefined) {
    return { ...identity, reachable: false, reason: 'no address yet' };
  }
  const address = { host: pod.ip, port: pod.port ?? REDIS_PORT };
  try {
    return toReachableNode(identity, address, await admin.observe(address));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...identity, reachable: false, address, reason };
  }
}

/**
 * What one server said, interpreted. The role is that of ROLE: the server's own word.
 * @throws SyntaxError when CLUSTER NODES cannot be read or has no row of the server itself.
 */
export function toReachableNode(pod: RedisPod, address: RedisEndpoint, raw: RawNodeFacts): ReachableNode {
  const table = parseClusterNodes(raw.clusterNodes);
  const own = table.find((member) => member.id === raw.id);
  if (own === undefined) {
    throw new SyntaxError(`CLUSTER NODES has no row of ${raw.id} itself`);
  }
  return {
    ...pod,
    reachable: true,
    address,
    busPort: own.busPort,
    id: raw.id,
    ...roleOf(raw, own.primaryId),
    slots: own.slots,
    configEpoch: own.configEpoch,
    serving: raw.info.cluster_state === 'ok',
    table,
    ...memoryOf(raw.info),
    engine: engineOf(raw.info),
  };
}

/** Nothing when the server says nothing of it. */
function memoryOf(info: RawNodeFacts['info']): { memory?: NodeMemory } {
  const { used_memory, used_memory_dataset, maxmemory } = info;
  if (used_memory === undefined || used_memory_dataset === undefined || maxmemory === undefined) return {};
  const used = Number(used_memory) - Number(info.mem_not_counted_for_evict ?? 0);
  return { memory: { used, dataset: Number(used_memory_dataset), limit: Number(maxmemory) } };
}

type RoleFacts = Pick<
  ReachableNode,
  'role' | 'primaryId' | 'primaryAddress' | 'linkUp' | 'replicationOffset' | 'fedSecondsAgo'
>;

/** ROLE (https://valkey.io/commands/role/). */
function roleOf({ role, info }: RawNodeFacts, primaryId: string | undefined): RoleFacts {
  if (role[0] !== 'slave') {
    return { role: 'primary', replicationOffset: Number(role[1] ?? 0) };
  }
  const [, host, port, state, offset] = role;
  return {
    role: 'replica',
    ...(primaryId === undefined ? {} : { primaryId }),
    primaryAddress: { host: String(host), port: Number(port) },
    linkUp: state === 'connected',
    // ROLE forgets the offset when the link breaks; what was read before then still counts.
    replicationOffset: state === 'connected' ? Number(offset ?? 0) : Number(info.slave_repl_offset ?? 0),
    ...fed(info),
  };
}

/** -1 while there is no link. */
function fed({ master_last_io_seconds_ago: ago }: RawNodeFacts['info']): { fedSecondsAgo?: number } {
  return ago === undefined || Number(ago) < 0 ? {} : { fedSecondsAgo: Number(ago) };
}

/** Valkey reports a `redis_version` of 7.2.4 for old clients as well; its own version is the one that counts. */
function engineOf(info: Readonly<Record<string, string>>): Engine {
  const valkey = info.valkey_version;
  return valkey === undefined
    ? { name: 'redis', version: info.redis_version ?? '' }
    : { name: 'valkey', version: valkey };
}
