import type { ReachableNode } from './observed.ts';
import { rowOf } from './observed.ts';
import { formatSlotRanges, rangesOf } from './slots.ts';
import type { CloseSlotStep, MoveSlotsStep, Step } from './step.ts';
import type { TopologyView } from './view.ts';

/** A slot that some node takes for one that is on its way. */
interface OpenSlot {
  readonly slot: number;
  readonly direction: 'migrating' | 'importing';
  readonly at: ReachableNode;
  readonly peerId: string;
}

/**
 * What an operator that died in the middle of a classic move has left: a slot whose keys lie on two nodes. It is moved
 * to its end, because keys may have arrived already; without a node to move it to, or without keys left to move, it is closed.
 */
export function openSlotSteps(view: TopologyView): Step[] {
  const moves = new Map<string, { from: ReachableNode; to: ReachableNode; slots: Set<number> }>();
  const close: CloseSlotStep[] = [];
  for (const open of openSlots(view)) {
    const from = view.byId.get(view.owners[open.slot] ?? '');
    const to = open.direction === 'importing' ? open.at : primaryOfPeer(open.peerId, view);
    if (from !== undefined && to !== undefined && to.role === 'primary' && from !== to) {
      const key = `${from.id} ${to.id}`;
      const move = moves.get(key) ?? { from, to, slots: new Set<number>() };
      move.slots.add(open.slot);
      moves.set(key, move);
    } else {
      const because = `${open.at.pod} takes slot ${open.slot} for ${open.direction}, and nothing of it is left to move`;
      close.push({ kind: 'closeSlot', pod: open.at.pod, slot: open.slot, because });
    }
  }
  const [first] = [...moves.values()];
  return first === undefined ? close : [finishMove(first.from, first.to, first.slots)];
}

function openSlots(view: TopologyView): OpenSlot[] {
  return view.live.flatMap((at) =>
    (rowOf(at, at.id)?.moves ?? []).map(({ slot, direction, peerId }) => ({ slot, direction, at, peerId })),
  );
}

/** The peer itself, or who took its place: the keys that have arrived were replicated to it. */
function primaryOfPeer(peerId: string, view: TopologyView): ReachableNode | undefined {
  const peer = view.byId.get(peerId);
  if (peer === undefined || peer.role === 'primary') return peer;
  return view.byId.get(peer.primaryId ?? '');
}

function finishMove(from: ReachableNode, to: ReachableNode, slots: ReadonlySet<number>): MoveSlotsStep {
  const ranges = rangesOf(slots);
  return {
    kind: 'moveSlots',
    pod: from.pod,
    sourceId: from.id,
    target: to.pod,
    targetId: to.id,
    slots: ranges,
    method: 'Classic',
    because: `slots ${formatSlotRanges(ranges)} were left in the middle of a move from ${from.pod} to ${to.pod}`,
  };
}
