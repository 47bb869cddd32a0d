import { bannedNode, bumpEpochSteps, disagreements } from './agreement.ts';
import { foreignCluster } from './foreign-cluster.ts';
import { assignSlotsSteps, futurePrimaries } from './forming.ts';
import { evaluateLoss, forgetSteps, type Loss, unknownNodes } from './healing.ts';
import { healAddressSteps, meetSteps, replicateSteps } from './joining.ts';
import type { DesiredTopology, ObservedTopology, ReachableNode } from './observed.ts';
import { openSlotSteps } from './open-slots.ts';
import { slotsCovered, unassignedSlots } from './ownership.ts';
import { reshard, retireSteps } from './resharding.ts';
import { countSlots, SLOT_COUNT } from './slots.ts';
import type { Step } from './step.ts';
import { takeOversNeeded } from './take-over.ts';
import { type ShardView, type TopologyView, viewTopology } from './view.ts';

/**
 * Where the Redis Cluster stands.
 * `Blank`: all pods are empty, about to be formed. `Forming`: slots are being given out. `Joining`: pods are being
 * introduced or made replicas. `Healing`: addresses, dead members or a lost primary are being put right.
 * `Moving`: slots go from shard to shard. `Held`: slots are to be moved, and must not be now; all is well otherwise.
 * `Waiting`: nothing to do but look again. `Degraded`: a human must decide. `Steady`: all as desired.
 */
export type TopologyState =
  | 'Blank'
  | 'Forming'
  | 'Joining'
  | 'Healing'
  | 'Moving'
  | 'Held'
  | 'Steady'
  | 'Waiting'
  | 'Degraded';

/** A shard of which no copy is left anywhere, although every pod answers. */
export interface LostShard {
  readonly index: number;
  /** Number of slots whose keys are lost. */
  readonly slots: number;
  /** They are being given out again, empty, because the spec allows it. */
  readonly givenUp: boolean;
}

export interface ShardStatus {
  readonly index: number;
  /** Pod that serves the shard's slots; absent when none that answers does. */
  readonly primary?: string;
  readonly replicas: readonly ReplicaStatus[];
  /** Number of slots. */
  readonly slots: number;
}

export interface ReplicaStatus {
  readonly pod: string;
  readonly linkUp: boolean;
  /** Bytes of the replication stream not yet read, both offsets taken in one look. */
  readonly lag?: number;
}

export interface TopologyPlan {
  readonly state: TopologyState;
  /** The next safe steps. Carry them out, then look again: the plan after them is made from what is then true. */
  readonly steps: readonly Step[];
  /** One sentence for status. */
  readonly reason: string;
  /** Slots that clients can be served, 0 to 16384; see `slotsCovered`. */
  readonly slotsCovered: number;
  readonly shards: readonly ShardStatus[];
  readonly lost: readonly LostShard[];
}

type Verdict = Pick<TopologyPlan, 'state' | 'steps' | 'reason'>;

/**
 * The next safe steps from what the pods say to what the spec asks for. Pure and without memory: a planner that
 * starts over after any crash reaches the same end.
 */
export function planTopology(observed: ObservedTopology, desired: DesiredTopology): TopologyPlan {
  const view = viewTopology(observed, desired);
  const covered = slotsCovered(view.live, view.owners);
  const losses = view.shards
    .filter((shard) => shard.primary.kind === 'gone')
    .map((shard) => ({ shard, loss: evaluateLoss(shard, view, desired) }));
  return {
    ...judge(
      losses.map(({ loss }) => loss),
      { view, desired, covered },
    ),
    lost: losses.flatMap(({ shard, loss }) => lostShard(shard, loss)),
    slotsCovered: covered,
    shards: view.shards.map((shard) => shardStatus(shard, view)),
  };
}

interface Look {
  readonly view: TopologyView;
  readonly desired: DesiredTopology;
  readonly covered: number;
}

function lostShard({ index, slots }: ShardView, loss: Loss): LostShard[] {
  const givenUp = loss.kind === 'GiveUp';
  return givenUp || (loss.kind === 'Degraded' && loss.dataLost)
    ? [{ index, slots: countSlots(slots), givenUp }]
    : [];
}

function judge(losses: readonly Loss[], { view, desired, covered }: Look): Verdict {
  if (view.live.length === 0) {
    return waiting(`no Redis pod answers yet${view.missing[0] === undefined ? '' : `: ${view.missing[0]}`}`);
  }
  const foreign = foreignCluster(view);
  if (foreign !== undefined) return { state: 'Degraded', steps: [], reason: foreign };
  const unassigned = countSlots(unassignedSlots(view.owners));
  if (unassigned > 0 && losses.length === 0) {
    return form(view, desired, unassigned);
  }
  return withLosses(losses, join(view, desired, covered) ?? settle(view, desired, covered), view);
}

/** Slots are given out only when every pod answers: one that does not could own them. */
function form(view: TopologyView, desired: DesiredTopology, unassigned: number): Verdict {
  const blank = unassigned === SLOT_COUNT && view.live.every((node) => node.table.length === 1);
  if (view.missing.length > 0) {
    return waiting(
      `${unassigned} slots have no owner; before they get one all pods must answer: ${view.missing[0]}`,
    );
  }
  const banned = bannedNode(view.live);
  if (banned !== undefined) return waiting(`${unassigned} slots have no owner; ${banned}`);
  const assign = assignSlotsSteps(view, desired);
  const steps = [...assign, ...healAddressSteps(view), ...meetSteps(view)];
  if (assign.length === 0) {
    return waiting(`${unassigned} slots have no owner and no shard can take them yet`);
  }
  return blank
    ? { state: 'Blank', steps, reason: `all ${view.live.length} pods are blank, forming the Redis Cluster` }
    : { state: 'Forming', steps, reason: `${unassigned} slots have no owner yet` };
}

function join(view: TopologyView, desired: DesiredTopology, covered: number): Verdict | undefined {
  const heal = healAddressSteps(view);
  const steps = [...heal, ...meetSteps(view), ...replicateSteps(view, desired)];
  const [first] = steps;
  if (first === undefined) {
    return undefined;
  }
  const unmet = covered < SLOT_COUNT ? 'Forming' : 'Joining';
  return { state: heal.length > 0 ? 'Healing' : unmet, steps, reason: first.because };
}

/** Nothing is left to introduce: clean up, or say what is still missing. */
function settle(view: TopologyView, desired: DesiredTopology, covered: number): Verdict {
  const forget = forgetSteps(view);
  if (forget[0] !== undefined) {
    return { state: 'Healing', steps: forget, reason: forget[0].because };
  }
  const bump = bumpEpochSteps(view);
  if (bump[0] !== undefined) return { state: 'Healing', steps: bump, reason: bump[0].because };
  const unsettled =
    view.missing[0] ?? bannedNode(view.live) ?? disagreements(view.live)[0] ?? unfinished(view, desired);
  if (unsettled !== undefined) return waiting(unsettled);
  const moving = moveSlots(view, desired);
  if (moving !== undefined) return moving;
  const reason = uncovered(covered);
  return reason === undefined
    ? { state: 'Steady', steps: [], reason: `${desired.shards} shards serve all ${SLOT_COUNT} slots` }
    : waiting(reason);
}

/** What an earlier attempt left open is ended at any time; a new batch begins only when it may. */
function moveSlots(view: TopologyView, desired: DesiredTopology): Verdict | undefined {
  const open = openSlotSteps(view);
  if (open[0] !== undefined) return { state: 'Moving', steps: open, reason: open[0].because };
  const next = reshard(view, desired);
  switch (next.kind) {
    case 'Move':
      return { state: 'Moving', steps: [next.step], reason: next.step.because };
    case 'Held':
      return { state: 'Held', steps: [], reason: next.because };
    case 'Done': {
      const retire = retireSteps(view);
      return retire[0] === undefined
        ? undefined
        : { state: 'Moving', steps: retire, reason: retire[0].because };
    }
  }
}

function unfinished(view: TopologyView, desired: DesiredTopology): string | undefined {
  const primaries = futurePrimaries(view, desired);
  for (const { index } of view.shards.filter((shard) => shard.index < desired.shards)) {
    const primary = primaries.get(index);
    if (primary === undefined) {
      return `shard ${index} has no primary`;
    }
    const replicas = replicasOf(primary, view);
    const syncing = replicas.find((node) => node.linkUp !== true);
    if (syncing !== undefined) {
      return `${syncing.pod} is not in sync with its primary ${primary.pod}`;
    }
    if (replicas.length < desired.replicasPerShard) {
      return `shard ${index} has ${replicas.length} of ${desired.replicasPerShard} replicas`;
    }
  }
  const [unknown] = unknownNodes(view);
  if (unknown !== undefined) {
    return `${unknown} is no pod of this cluster and not yet known as failed`;
  }
  const refusing = view.live.find((node) => !node.serving);
  return refusing === undefined ? undefined : `${refusing.pod} does not serve yet (cluster_state fail)`;
}

function uncovered(covered: number): string | undefined {
  return covered === SLOT_COUNT ? undefined : `only ${covered} of ${SLOT_COUNT} slots are served`;
}

/** Reports the most severe loss; still runs the steps that are safe for the other shards. */
function withLosses(losses: readonly Loss[], verdict: Verdict, view: TopologyView): Verdict {
  const takeOvers = losses.filter((loss) => loss.kind === 'TakeOver').slice(0, takeOversNeeded(view));
  const steps = [...verdict.steps, ...takeOvers.map(({ step }) => step)];
  const degraded = losses.find((loss) => loss.kind === 'Degraded');
  if (degraded !== undefined) {
    return { state: 'Degraded', steps, reason: degraded.reason };
  }
  if (takeOvers[0] !== undefined) return { state: 'Healing', steps, reason: takeOvers[0].step.because };
  if (verdict.steps.length > 0) {
    return verdict;
  }
  const promote = losses.find((loss) => loss.kind === 'Promote');
  if (promote !== undefined) {
    return { state: 'Healing', steps: [promote.step], reason: promote.step.because };
  }
  const givenUp = losses.find((loss) => loss.kind === 'GiveUp');
  if (givenUp !== undefined) return { state: 'Healing', steps: givenUp.steps, reason: givenUp.reason };
  const expected = losses.find((loss) => loss.kind === 'Waiting');
  return expected === undefined ? verdict : waiting(expected.reason);
}

function waiting(reason: string): Verdict {
  return { state: 'Waiting', steps: [], reason };
}

function replicasOf(primary: ReachableNode, view: TopologyView): ReachableNode[] {
  return view.live.filter((node) => node.role === 'replica' && node.primaryId === primary.id);
}

function shardStatus(shard: ShardView, view: TopologyView): ShardStatus {
  const primary = shard.primary.kind === 'live' ? shard.primary.node : undefined;
  const replicas =
    primary === undefined
      ? shard.others.filter((node) => node.role === 'replica')
      : replicasOf(primary, view);
  return {
    index: shard.index,
    ...(primary === undefined ? {} : { primary: primary.pod }),
    replicas: replicas.map((node) => replicaStatus(node, primary)),
    slots: countSlots(shard.slots),
  };
}

function replicaStatus(node: ReachableNode, primary: ReachableNode | undefined): ReplicaStatus {
  const [written, read] = [primary?.replicationOffset, node.replicationOffset];
  const lag = written === undefined || read === undefined ? {} : { lag: Math.max(0, written - read) };
  return { pod: node.pod, linkUp: node.linkUp === true, ...lag };
}
