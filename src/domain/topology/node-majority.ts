import type { ObservedTopology } from './observed.ts';
import type { TopologyPlan } from './plan.ts';

/** A Kubernetes node whose loss would leave no majority of the primaries. */
export interface Burden {
  readonly node: string;
  /** Primaries on it. */
  readonly primaries: number;
  /** Primaries in all. */
  readonly shards: number;
}

/** A replica that is to be recreated, so that the scheduler places it where its takeover would help. */
export interface Renewal {
  readonly pod: string;
  readonly shard: number;
  /** Where the scheduler is expected to place it: the nodes with the fewest Redis pods that may take it; sorted. */
  readonly to: readonly string[];
}

export type MajorityVerdict =
  /** Some shard has no primary, or its node is not known: nothing can be said. */
  | { readonly kind: 'Unknown' }
  /** Any node may be lost. */
  | { readonly kind: 'Spread' }
  /** With so few nodes that take pods, one always holds too many. */
  | ({ readonly kind: 'TooFewNodes'; readonly nodes: number; readonly needed: number } & Burden)
  /** Replicas are where they can take over (`nextSpreadStep`). */
  | ({ readonly kind: 'HandOver' } & Burden)
  /** They are not. */
  | ({
      readonly kind: 'Stuck';
      /** Any one of these would bring it nearer to its end; the best first. Empty when none would. */
      readonly renewals: readonly Renewal[];
    } & Burden);

/** What the scheduler may be given, and where everything is. */
interface Placement {
  /** Primaries that a node may hold. */
  readonly limit: number;
  readonly shards: readonly PlacedShard[];
  /** Redis pods of each Kubernetes node. */
  readonly pods: ReadonlyMap<string, number>;
}

interface PlacedShard {
  readonly index: number;
  /** Kubernetes node of the primary. */
  readonly at: string;
  readonly replicas: readonly { readonly pod: string; readonly at: string; readonly cordoned: boolean }[];
}

/**
 * Whether one Kubernetes node holds so many primaries that its loss leaves no majority to vote (facts of the cluster
 * specification: only primaries that own slots vote), and what ends that. Pods are spread when they are scheduled and never again:
 * after a drain they stay on the nodes that were left, where no hand-over helps. Then a replica has to move; never a primary.
 *
 * @param schedulable nodes that take Redis pods; undefined when Nodes may not be read, and then no renewal is named
 */
export function evaluateMajority(
  observed: ObservedTopology,
  plan: TopologyPlan,
  schedulable: readonly string[] | undefined,
): MajorityVerdict {
  const placement = placementOf(observed, plan);
  if (placement === undefined) return { kind: 'Unknown' };
  const { limit, shards } = placement;
  const [node, primaries] = fullest(shards);
  if (primaries <= limit) return { kind: 'Spread' };
  const burden = { node, primaries, shards: shards.length };
  const needed = Math.ceil(shards.length / limit);
  if (schedulable !== undefined && schedulable.length < needed)
    return { kind: 'TooFewNodes', nodes: schedulable.length, needed, ...burden };
  const now = shards.map((shard) => candidateNodes(shard));
  const placed = placeable(now, limit);
  if (placed === shards.length) return { kind: 'HandOver', ...burden };
  const helps = (shard: PlacedShard, pod: string, to: string) =>
    placeable(
      shards.map((other, at) => (other === shard ? [...candidateNodes(shard, pod), to] : (now[at] ?? []))),
      limit,
    ) > placed;
  return { kind: 'Stuck', ...burden, renewals: renewalsOf(placement, node, schedulable ?? [], helps) };
}

function placementOf(observed: ObservedTopology, plan: TopologyPlan): Placement | undefined {
  const nodes = new Map(observed.nodes.map((node) => [node.pod, node]));
  const shards = plan.shards.flatMap(({ index, primary = '', replicas }): PlacedShard[] => {
    const at = nodes.get(primary)?.kubernetesNode;
    if (at === undefined) return [];
    const placed = replicas.flatMap(({ pod }) => {
      const { kubernetesNode, cordoned = false } = nodes.get(pod) ?? {};
      return kubernetesNode === undefined || pod === primary ? [] : [{ pod, at: kubernetesNode, cordoned }];
    });
    return [{ index, at, replicas: placed }];
  });
  if (shards.length !== plan.shards.length || shards.length === 0) return undefined;
  const pods = new Map<string, number>();
  for (const { kubernetesNode: node } of observed.nodes)
    if (node !== undefined) pods.set(node, (pods.get(node) ?? 0) + 1);
  // More than half must be left; with fewer than three primaries none may be lost anyway.
  return { limit: Math.max(1, Math.ceil(shards.length / 2) - 1), shards, pods };
}

function fullest(shards: readonly PlacedShard[]): [string, number] {
  const load = new Map<string, number>();
  for (const { at } of shards) load.set(at, (load.get(at) ?? 0) + 1);
  return [...load].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))[0] ?? ['', 0];
}

/** Kubernetes nodes that the primary of a shard may be on after hand-overs, without one of its replicas. */
function candidateNodes({ at, replicas }: PlacedShard, without?: string): string[] {
  return [at, ...replicas.filter(({ pod, cordoned }) => pod !== without && !cordoned).map((each) => each.at)];
}

/**
 * How many primaries find a home when no node may hold more than `limit`: a matching of shards and nodes, by augmenting
 * paths.
 */
function placeable(options: readonly (readonly string[])[], limit: number): number {
  const held = new Map<string, number[]>();
  const place = (shard: number, seen: Set<string>): boolean =>
    (options[shard] ?? []).some((node) => {
      if (seen.has(node)) return false;
      seen.add(node);
      const here = held.get(node) ?? [];
      if (here.length < limit) {
        held.set(node, [...here, shard]);
        return true;
      }
      const leaves = here.findIndex((other) => place(other, seen));
      if (leaves < 0) return false;
      held.set(node, here.with(leaves, shard));
      return true;
    });
  return options.filter((_, shard) => place(shard, new Set())).length;
}

/** Replicas of the shards whose primaries are on the fullest node come first: they relieve it themselves. */
function renewalsOf(
  { shards, pods }: Placement,
  fullestNode: string,
  schedulable: readonly string[],
  helps: (shard: PlacedShard, pod: string, to: string) => boolean,
): Renewal[] {
  const found = shards.flatMap((shard) =>
    shard.replicas.flatMap(({ pod, at }) => {
      const others = new Set([
        shard.at,
        ...shard.replicas.filter((each) => each.pod !== pod).map((r) => r.at),
      ]);
      const to = emptiest(
        schedulable.filter((node) => !others.has(node)),
        (node) => (pods.get(node) ?? 0) - (node === at ? 1 : 0),
      );
      // What the scheduler will do must be certain enough: every node that it may well choose has to help.
      if (to.length === 0 || !to.every((node) => node !== at && helps(shard, pod, node))) return [];
      return [{ direct: shard.at === fullestNode, renewal: { pod, shard: shard.index, to } }];
    }),
  );
  const rank = ({ direct }: { direct: boolean }) => (direct ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b)).map(({ renewal }) => renewal);
}

/** The nodes of which `podsOn` is least: the spread constraint of the pods makes the scheduler prefer them. */
function emptiest(nodes: readonly string[], podsOn: (node: string) => number): string[] {
  const least = Math.min(...nodes.map(podsOn));
  return nodes.filter((node) => podsOn(node) === least).sort();
}
