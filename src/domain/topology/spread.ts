import type { ObservedTopology, ReachableNode } from './observed.ts';
import { reachableNodes } from './observed.ts';
import type { TopologyPlan } from './plan.ts';

/** The next step towards primaries spread evenly over the Kubernetes nodes. */
export type SpreadStep =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'move';
      /** The replica that is to take over. */
      readonly pod: string;
      readonly shard: number;
      /** The loss of one Kubernetes node would leave no majority of primaries: this must not wait for a freeze. */
      readonly quorumAtRisk: boolean;
      /** Its Kubernetes node is about to be drained. */
      readonly draining: boolean;
      readonly because: string;
    };

/** Bytes of the replication stream that a replica may be behind and still take over without a pause. */
const MAX_LAG_BYTES = 1024 * 1024;

interface Place {
  readonly shard: number;
  /** The Kubernetes node of the primary is cordoned. */
  readonly leaving: boolean;
  /** Kubernetes node of the primary. */
  readonly at: string;
  /** Replicas that could take over now. */
  readonly candidates: readonly { readonly pod: string; readonly at: string }[];
}

/**
 * After failovers one Kubernetes node may hold so many primaries that its loss takes the majority with it, which is
 * permanent (cluster specification: only primaries that own slots vote). Moves one primary, along the shortest chain of moves
 * that unburdens the fullest node; from the end of the chain, so that no node gets fuller than the fullest is.
 * Only while the cluster is steady.
 */
export function nextSpreadStep(observed: ObservedTopology, plan: TopologyPlan): SpreadStep {
  if (plan.state !== 'Steady') return { kind: 'none' };
  const nodes = new Map(reachableNodes(observed).map((node) => [node.pod, node]));
  const places = plan.shards.map((shard) => placeOf(shard, nodes)).filter((place) => place !== undefined);
  // Of a primary whose node is unknown nothing can be said.
  if (places.length !== plan.shards.length) return { kind: 'none' };
  const away = moveAway(places);
  if (away !== undefined) return away;
  const load = loads(places);
  const [fullest, most] = [...load].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))[0] ?? ['', 0];
  const last = chainFrom(fullest, most, places, load)?.at(-1);
  if (last === undefined) return { kind: 'none' };
  return {
    kind: 'move',
    pod: last.pod,
    shard: last.shard,
    quorumAtRisk: most * 2 >= places.length,
    draining: false,
    because: `node ${fullest} holds ${most} of ${places.length} primaries`,
  };
}

function placeOf(
  shard: TopologyPlan['shards'][number],
  nodes: ReadonlyMap<string, ReachableNode>,
): Place | undefined {
  const primary = nodes.get(shard.primary ?? '');
  const at = primary?.kubernetesNode;
  if (at === undefined) return undefined;
  const candidates = shard.replicas.flatMap(({ pod, linkUp, lag }) => {
    const { kubernetesNode: place, cordoned } = nodes.get(pod) ?? {};
    return place !== undefined && cordoned !== true && linkUp && (lag ?? 0) <= MAX_LAG_BYTES
      ? [{ pod, at: place }]
      : [];
  });
  return { shard: shard.index, at, leaving: primary?.cordoned === true, candidates };
}

/** A node that is cordoned is about to be drained: its primaries leave before their pods are evicted. */
function moveAway(places: readonly Place[]): SpreadStep | undefined {
  const place = places.find(({ leaving, candidates }) => leaving && candidates.length > 0);
  const candidate = place?.candidates[0];
  if (place === undefined || candidate === undefined) return undefined;
  return {
    kind: 'move',
    pod: candidate.pod,
    shard: place.shard,
    quorumAtRisk: false,
    draining: true,
    because: `node ${place.at} is cordoned and holds the primary of shard ${place.shard}`,
  };
}

/** Primaries of each Kubernetes node that holds a primary or could. */
function loads(places: readonly Place[]): Map<string, number> {
  const load = new Map<string, number>();
  for (const { at, candidates } of places) {
    load.set(at, (load.get(at) ?? 0) + 1);
    for (const candidate of candidates) load.set(candidate.at, load.get(candidate.at) ?? 0);
  }
  return load;
}

interface Move {
  readonly shard: number;
  readonly pod: string;
  readonly to: string;
}

/** The shortest chain of moves from the fullest node to one that holds at least two fewer. */
function chainFrom(
  fullest: string,
  most: number,
  places: readonly Place[],
  load: ReadonlyMap<string, number>,
): Move[] | undefined {
  const queue: { at: string; chain: Move[] }[] = [{ at: fullest, chain: [] }];
  const seen = new Set([fullest]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const { shard, pod, to } of movesFrom(next.at, places)) {
      if (seen.has(to)) continue;
      seen.add(to);
      const chain = [...next.chain, { shard, pod, to }];
      if ((load.get(to) ?? 0) <= most - 2) return chain;
      queue.push({ at: to, chain });
    }
  }
  return undefined;
}

function movesFrom(at: string, places: readonly Place[]): Move[] {
  return places
    .filter((place) => place.at === at)
    .flatMap(({ shard, candidates }) =>
      candidates.map((candidate) => ({ shard, pod: candidate.pod, to: candidate.at })),
    );
}
