import type { ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { formatSlotRanges, type SlotRange } from './slots.ts';
import type { TopologyView } from './view.ts';

/**
 * Two Redis Clusters where there should be one: primaries that have never heard of each other and own the same slots. To
 * introduce them would throw the keys of one of them away, so it is refused; in one sentence, undefined when there are none.
 */
export function foreignCluster(view: TopologyView): string | undefined {
  const owners = view.live.filter(({ role, slots }) => role === 'primary' && slots.length > 0);
  for (const [at, one] of owners.entries()) {
    for (const other of owners.slice(at + 1)) {
      const shared = knowsOf(one, other) ? [] : overlap(one.slots, other.slots);
      if (shared.length > 0) {
        return `${one.pod} and ${other.pod} belong to two Redis Clusters that both own the slots ${formatSlotRanges(shared)}; delete the volumes and pods of the one to discard`;
      }
    }
  }
  return undefined;
}

function knowsOf(one: ReachableNode, other: ReachableNode): boolean {
  return rowOf(one, other.id) !== undefined || rowOf(other, one.id) !== undefined;
}

function overlap(one: readonly SlotRange[], other: readonly SlotRange[]): SlotRange[] {
  return one.flatMap((a) =>
    other
      .map((b) => ({ start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) }))
      .filter(({ start, end }) => start <= end),
  );
}
