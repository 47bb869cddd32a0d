import type { Address, ClusterMember } from './cluster-nodes.ts';
import type { Engine } from './engine.ts';
import type { SlotRange } from './slots.ts';

/** What Kubernetes says of one Redis pod. */
export interface RedisPod {
  /** Pod name. */
  readonly pod: string;
  /** From the label `presence.wedsync.io/shard`: the shard that the pod is meant for, whatever its role. */
  readonly shard: number;
  /** Name of the Kubernetes node that the pod is bound to. */
  readonly kubernetesNode?: string;
  /** The pod has a deletionTimestamp: it is about to go away. */
  readonly terminating: boolean;
  /** Why Kubernetes takes the pod for dead, e.g. `its node is not ready`; absent while it takes it for alive. */
  readonly down?: string;
  /** Length of the failed readiness-probe window before the pod became NotReady, in ms. */
  readonly probeFailureWindowMs?: number;
  /** Its Kubernetes node is cordoned or being drained: nothing new is wanted there. */
  readonly cordoned?: boolean;
}

/** What a server says of its memory (INFO memory), in bytes. */
export interface NodeMemory {
  /** All that counts towards `maxmemory`. */
  readonly used: number;
  /** The keys alone: what moves with the slots. */
  readonly dataset: number;
  /** `maxmemory`; 0 is no limit. */
  readonly limit: number;
}

/** A pod whose Redis process answered, with what it said of itself and of the others. */
export interface ReachableNode extends RedisPod {
  readonly reachable: true;
  /** The pod's address as Kubernetes gives it, not as Redis remembers it. */
  readonly address: Address;
  /** Port of the node's cluster bus, for MEET. */
  readonly busPort: number;
  /** Redis node id: 40 hexadecimal digits, new for a process without its nodes.conf. */
  readonly id: string;
  readonly role: 'primary' | 'replica';
  /** Id of the primary that a replica follows. */
  readonly primaryId?: string;
  /** Where a replica looks for its primary. Stale after the primary moved (Redis). */
  readonly primaryAddress?: Address;
  readonly slots: readonly SlotRange[];
  /** Of a replica: the epoch of its primary. */
  readonly configEpoch: number;
  /** `cluster_state` is ok: for two seconds after its start, and without a majority, a primary refuses writes. */
  readonly serving: boolean;
  /** Of a replica: the replication link is up and the first sync is done. */
  readonly linkUp?: boolean;
  /** Bytes of the replication stream written (primary) or read (replica). */
  readonly replicationOffset?: number;
  /** Of a replica: seconds since its primary last sent anything; a primary sends a ping every 10 s. */
  readonly fedSecondsAgo?: number;
  readonly memory?: NodeMemory;
  /** Every row of the node's own CLUSTER NODES, its own row included. */
  readonly table: readonly ClusterMember[];
  readonly engine: Engine;
  /** Seconds for which its peers refuse it, after a CLUSTER FORGET; absent when they do not. */
  readonly bannedSeconds?: number;
}

/** A pod whose Redis process did not answer in time, or that has no address yet. */
export interface UnreachableNode extends RedisPod {
  readonly reachable: false;
  readonly address?: Address;
  /** In words: `connection refused`, `no address yet`, `loading its data`. */
  readonly reason: string;
}

export type ObservedNode = ReachableNode | UnreachableNode;

/** One look at all pods of one Redis Cluster, taken in parallel. */
export interface ObservedTopology {
  readonly nodes: readonly ObservedNode[];
}

/** What the spec asks for. */
export interface DesiredTopology {
  /** Number of shards, at least 3: with fewer no majority is left to vote when a primary dies. */
  readonly shards: number;
  readonly replicasPerShard: number;
  /** The slots of a shard without any copy are given out again, empty; otherwise a human must decide. */
  readonly allowDataLoss?: boolean;
  /** Why slots must not be moved now (a freeze, a peak), in one sentence; absent when they may. */
  readonly movesHeld?: string;
}

export function reachableNodes(observed: ObservedTopology): ReachableNode[] {
  return observed.nodes.filter((node): node is ReachableNode => node.reachable);
}

/** What the node believes of the member with this id. */
export function rowOf(node: ReachableNode, id: string): ClusterMember | undefined {
  return node.table.find((member) => member.id === id);
}
