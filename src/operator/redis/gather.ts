import { parseClusterNodes } from '../../domain/topology/cluster-nodes.ts';
import type { Engine } from '../../domain/topology/engine.ts';
import type {
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
    ...roleOf(raw.role, own.primaryId),
    slots: own.slots,
    configEpoch: own.configEpoch,
    serving: raw.info.cluster_state === 'ok',
    table,
    engine: engineOf(raw.info),
  };
}

type RoleFacts = Pick<
  ReachableNode,
  'role' | 'primaryId' | 'primaryAddress' | 'linkUp' | 'replicationOffset'
>;

/** ROLE (https://valkey.io/commands/role/). */
function roleOf(role: readonly unknown[], primaryId: string | undefined): RoleFacts {
  if (role[0] !== 'slave') {
    return { role: 'primary', replicationOffset: Number(role[1] ?? 0) };
  }
  const [, host, port, state, offset] = role;
  return {
    role: 'replica',
    ...(primaryId === undefined ? {} : { primaryId }),
    primaryAddress: { host: String(host), port: Number(port) },
    linkUp: state === 'connected',
    replicationOffset: Number(offset ?? 0),
  };
}

/** Valkey reports a `redis_version` of 7.2.4 for old clients as well; its own version is the one that counts. */
function engineOf(info: Readonly<Record<string, string>>): Engine {
  const valkey = info.valkey_version;
  return valkey === undefined
    ? { name: 'redis', version: info.redis_version ?? '' }
    : { name: 'valkey', version: valkey };
}
