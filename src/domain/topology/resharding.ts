import { ENGINES } from './engine.ts';
import { futurePrimaries } from './forming.ts';
import type { DesiredTopology, NodeMemory, ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { countSlots, rangesOf, SLOT_COUNT, type SlotRange, slotsOf } from './slots.ts';
import type { ForgetStep, MoveSlotsStep } from './step.ts';
import type { TopologyView } from './view.ts';

/** The moves that are left until every desired shard owns its share and no other owns any. */
export type Reshard =
  | { readonly kind: 'Done' }
  /** One batch; the next is planned from what is then true. */
  | { readonly kind: 'Move'; readonly step: MoveSlotsStep }
  /** Slots are to be moved, and must not be now. */
  | { readonly kind: 'Held'; readonly because: string };

/** redis-cli's own threshold: a human who moved a few slots by hand is not undone. */
const UNEVEN_SHARE = 0.02;
/** An atomic batch holds writes up for under 100 ms whatever its size, so few big ones; its copy must fit in memory. */
const ATOMIC_BATCH = 1_024;
/** A classic batch is moved within one pass. */
const CLASSIC_BATCH = 256;
/** Of `maxmemory`: the rest is for what arrives while slots move. */
const FULL_SHARE = 0.8;

interface Holder {
  readonly index: number;
  readonly node: ReachableNode;
  readonly slots: readonly SlotRange[];
  readonly count: number;
}

interface Transfer {
  readonly from: Holder;
  readonly to: Holder;
  readonly count: number;
}

/**
 * Moves as few slots as will do: the surplus of the full shards, or all of those that leave, to those that lack some.
 * The caller has made sure that every pod answers, that all agree and that replicas are in sync.
 */
export function reshard(view: TopologyView, desired: DesiredTopology): Reshard {
  const transfers = transfersFor(holders(view, desired), desired);
  const [first] = transfers;
  if (first === undefined) return { kind: 'Done' };
  const left = transfers.reduce((sum, { count }) => sum + count, 0);
  const what = `${left} slots are to be moved to make it ${desired.shards} shards`;
  if (desired.movesHeld !== undefined)
    return { kind: 'Held', because: `${what}; not now: ${desired.movesHeld}` };
  const tight = tooFull(transfers);
  if (tight !== undefined) return { kind: 'Held', because: `${what}; ${tight}` };
  return { kind: 'Move', step: moveStep(first, what) };
}

function holders(view: TopologyView, desired: DesiredTopology): Holder[] {
  const primaries = futurePrimaries(view, desired);
  return view.shards.flatMap(({ index, primary, slots }) => {
    const node = primary.kind === 'live' ? primary.node : primaries.get(index);
    return node === undefined ? [] : [{ index, node, slots, count: countSlots(slots) }];
  });
}

/** All moves from here to the end, in order. */
function transfersFor(all: readonly Holder[], desired: DesiredTopology): Transfer[] {
  const least = Math.floor(SLOT_COUNT / desired.shards);
  const tolerance = Math.max(1, Math.floor(least * UNEVEN_SHARE));
  const stays = ({ index }: Holder) => index < desired.shards;
  const counts = new Map(all.map((holder) => [holder, holder.count]));
  const countOf = (holder: Holder) => counts.get(holder) ?? 0;
  const isUneven = all.some((holder) =>
    stays(holder) ? Math.abs(holder.count - least) > tolerance : holder.count > 0,
  );
  const staying = all.filter(stays);
  if (!isUneven || staying.length < desired.shards) return [];
  const transfers: Transfer[] = [];
  for (;;) {
    const from = sourceOf(all, stays, countOf, least);
    const to = staying.toSorted((a, b) => countOf(a) - countOf(b) || a.index - b.index)[0];
    if (from === undefined || to === undefined || from === to) return transfers;
    const spare = stays(from) ? countOf(from) - least : countOf(from);
    const count = Math.min(spare, Math.max(1, least - countOf(to)));
    if (stays(from) && countOf(to) >= least) return transfers;
    transfers.push({ from, to, count });
    counts.set(from, countOf(from) - count);
    counts.set(to, countOf(to) + count);
  }
}

/** Who gives: a shard that leaves, and when none is left the one with the greatest surplus. */
function sourceOf(
  all: readonly Holder[],
  stays: (holder: Holder) => boolean,
  countOf: (holder: Holder) => number,
  least: number,
): Holder | undefined {
  const leaver = all.find((holder) => !stays(holder) && countOf(holder) > 0);
  if (leaver !== undefined) return leaver;
  return all.filter((holder) => countOf(holder) > least + 1).sort((a, b) => countOf(b) - countOf(a))[0];
}

function moveStep({ from, to, count }: Transfer, what: string): MoveSlotsStep {
  const isAtomic = [from, to].every(({ node }) => ENGINES[node.engine.name].movesSlotsAtomically);
  const batch = Math.min(count, isAtomic ? ATOMIC_BATCH : CLASSIC_BATCH);
  const slots = rangesOf([...slotsOf(from.slots)].slice(-batch));
  return {
    kind: 'moveSlots',
    pod: from.node.pod,
    sourceId: from.node.id,
    target: to.node.pod,
    targetId: to.node.id,
    slots,
    method: isAtomic ? 'Atomic' : 'Classic',
    because: `${what}; ${batch} go from shard ${from.index} to shard ${to.index}`,
  };
}

/** The shard that would be too full at the end, in words. Keys are taken to be spread evenly over the slots. */
function tooFull(transfers: readonly Transfer[]): string | undefined {
  const incoming = new Map<Holder, number>();
  for (const { from, to, count } of transfers) {
    const share = from.count === 0 ? 0 : ((from.node.memory?.dataset ?? 0) * count) / from.count;
    incoming.set(to, (incoming.get(to) ?? 0) + share);
  }
  for (const [{ index, node }, bytes] of incoming) {
    const { memory } = node;
    if (memory !== undefined && isTooFull(memory, bytes)) {
      return `shard ${index} would hold ${mebi(memory.used + bytes)} of ${mebi(memory.limit)} MiB: raise spec.redis.resources first`;
    }
  }
  return undefined;
}

function isTooFull({ used, limit }: NodeMemory, bytes: number): boolean {
  return limit > 0 && used + bytes > limit * FULL_SHARE;
}

function mebi(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

/**
 * The pods of shards that have left are forgotten by every node that stays, in one set, so that their StatefulSet can
 * be deleted. Only when no node that stays assigns a slot to them.
 */
export function retireSteps(view: TopologyView): ForgetStep[] {
  return view.retired.flatMap(({ id, pod, shard }) => {
    const knowing = view.live.filter((node) => rowOf(node, id) !== undefined);
    if (knowing.some((node) => (rowOf(node, id)?.slots.length ?? 0) > 0 || node.primaryId === id)) return [];
    return knowing.map((node): ForgetStep => {
      const because = `shard ${shard} of ${pod} is no longer desired and serves nothing`;
      return { kind: 'forget', pod: node.pod, nodeId: id, because };
    });
  });
}
