import { inHandshake, sameAddress } from '../../domain/topology/cluster-nodes.ts';
import { BAN_PARAMETER, banSeconds } from '../../domain/topology/engine.ts';
import { type ObservedTopology, type ReachableNode, reachableNodes } from '../../domain/topology/observed.ts';
import type { StepResult } from './execute.ts';
import type { RunningConfig } from './server-config.ts';

/** The servers count whole seconds, and pass a ban on within a second. */
const SLACK_MS = 2_000;

interface Memory {
  /** By node id: the ids that this node knew when it answered last. */
  readonly known: Map<string, ReadonlySet<string>>;
  /** By node id: the time on the monotonic clock at which its peers take it back. */
  readonly bannedUntilMs: Map<string, number>;
}

/**
 * Knows which nodes of one Redis Cluster are refused by their peers after a CLUSTER FORGET of the operator or of an
 * administrator. Servers do not report their bans, so they are derived: a peer that knew a node and no longer does has forgotten it. A new
 * leader has no earlier look. It treats a node that knows its peers and that no peer knows as forgotten just now, which costs
 * one ban at most.
 */
export class BanWatch {
  readonly #memory: Memory = { known: new Map(), bannedUntilMs: new Map() };

  /**
   * The same look, with the seconds that are left of a ban in every node that has one.
   * @param running what the servers said of their parameters last
   */
  mark(topology: ObservedTopology, running: RunningConfig, nowMs: number): ObservedTopology {
    const nodes = reachableNodes(topology);
    const memory = this.#memory;
    for (const [id, untilMs] of memory.bannedUntilMs) if (untilMs <= nowMs) memory.bannedUntilMs.delete(id);
    const banMs = longestBanMs(nodes, running);
    for (const node of nodes) {
      const forgotten = isForgotten(node, nodes, memory) || isUnknownToAll(node, nodes, memory);
      // While a ban lasts a node comes and goes in the tables of its peers: that is the old ban, with what is left of it.
      if (forgotten && banMs > 0 && !memory.bannedUntilMs.has(node.id))
        memory.bannedUntilMs.set(node.id, nowMs + banMs);
    }
    for (const node of nodes) memory.known.set(node.id, knownTo(node));
    return {
      ...topology,
      nodes: topology.nodes.map((node) => {
        const untilMs = node.reachable ? memory.bannedUntilMs.get(node.id) : undefined;
        return untilMs === undefined
          ? node
          : { ...node, bannedSeconds: Math.ceil((untilMs - nowMs) / 1_000) };
      }),
    };
  }

  /** A node that is forgotten again gets a new ban. */
  note(
    results: readonly StepResult[],
    topology: ObservedTopology,
    running: RunningConfig,
    nowMs: number,
  ): void {
    const banMs = longestBanMs(reachableNodes(topology), running);
    if (banMs === 0) return;
    for (const { step, outcome } of results) {
      if (step.kind === 'forget' && outcome === 'Done')
        this.#memory.bannedUntilMs.set(step.nodeId, nowMs + banMs);
    }
  }
}

/** The ban goes from server to server, with the time that is left of it. */
function longestBanMs(nodes: readonly ReachableNode[], running: RunningConfig): number {
  const seconds = nodes.map(({ pod, engine }) => banSeconds(engine, running.get(pod)?.[BAN_PARAMETER]));
  const longest = Math.max(0, ...seconds);
  return longest === 0 ? 0 : longest * 1_000 + SLACK_MS;
}

function knownTo({ table }: ReachableNode): Set<string> {
  return new Set(table.filter((member) => !inHandshake(member)).map(({ id }) => id));
}

function isForgotten(node: ReachableNode, nodes: readonly ReachableNode[], { known }: Memory): boolean {
  return nodes.some(
    (peer) =>
      peer.id !== node.id &&
      // After CLUSTER RESET a server knows only itself and bans no node.
      peer.table.length > 1 &&
      known.get(peer.id)?.has(node.id) === true &&
      !peer.table.some(({ id }) => id === node.id),
  );
}

/** It knows peers of which nothing was known before this look, and no peer knows it, not even by its address. */
function isUnknownToAll(node: ReachableNode, nodes: readonly ReachableNode[], { known }: Memory): boolean {
  const peers = nodes.filter(({ id }) => id !== node.id);
  return (
    peers.some(({ id }) => !known.has(id) && node.table.some((row) => row.id === id)) &&
    !peers.some(({ table }) =>
      table.some((row) => row.id === node.id || sameAddress(row.address, node.address)),
    )
  );
}
