import { PRESENCE_FUNCTIONS } from '../../../domain/presence-state/function-library.ts';
import { ENGINE_NAME, ENGINES, type EngineTraits } from '../../../domain/topology/engine.ts';
import { hasOldVotes } from '../../../domain/topology/failover.ts';
import { NODE_TIMEOUT_MS } from '../../../domain/topology/server-config.ts';
import { nextSpreadStep } from '../../../domain/topology/spread.ts';
import type { FailoverStep, TakeOverStep } from '../../../domain/topology/step.ts';
import { builtin } from '../../../platform/kube/resource.ts';
import { isLasting } from '../../memory/refusal-backoff.ts';
import type { ClusterEvents } from '../../objects/cluster-events.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import { addressesOf, executeSteps, type StepResult } from '../../redis/execute.ts';
import { loadFunctions } from '../../redis/load-functions.ts';
import { KeyTooBig } from '../../redis/move-slots.ts';
import { dataLossOf } from '../conditions/redis-data-loss.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';

type Tools = Pick<StageTools, 'client' | 'admin' | 'events' | 'memory' | 'clock' | 'signal'>;

/**
 * Twice the node time-out of the profile Standard: for this time after a vote the voters refuse another one about the same
 * primary, so one that was moved back at once could not be replaced again.
 */
const SPREAD_AFTER_QUIET_MS = 10_000;

/** A stage: carries out the planned steps. Forming and healing never wait for a freeze to end. */
export async function stepRedis(plan: ReconcilePlan, tools: Tools): Promise<void> {
  const { events } = tools;
  const { observed, decision } = plan;
  const { cluster, topology } = observed;
  const hasFunctions = await ensureFunctions(plan, tools);
  const loss = dataLossOf(plan);
  if (loss !== undefined)
    events.record(cluster, 'RedisDataLost', EVENT_NOTES.dataLost(loss.slots, loss.because));
  const takeOver = confirmedTakeOver(plan, tools);
  const steps = decision.plan.steps.filter((step) => {
    // Keys that arrive where no functions are could not be used.
    if (step.kind === 'moveSlots') return hasFunctions;
    if (step.kind !== 'failover') return true;
    return (step.mode !== 'TakeOver' || step === takeOver) && claims(plan, tools, step);
  });
  if (steps.length === 0) return;
  const reason = takeOver !== undefined && steps.includes(takeOver) ? 'RedisTakeOver' : 'RedisStep';
  events.record(cluster, reason, EVENT_NOTES.redisSteps(decision.plan.reason, steps.length));
  const results = await executeSteps(tools, steps, addressesOf(topology));
  noteMoves(tools, observed, results);
  const { memory, clock } = tools;
  memory.bans.note(results, topology, observed.runningConfig, clock.monotonicMs());
  recordFailures(events, cluster, results);
}

/** The move of a big key is not retried at once: only people make it smaller. */
function noteMoves(
  { memory: { moves } }: Tools,
  { now }: ReconcilePlan['observed'],
  results: readonly StepResult[],
): void {
  for (const result of results) {
    if (result.step.kind !== 'moveSlots') continue;
    if (result.outcome === 'Done') moves.succeeded();
    else if (result.error.cause instanceof KeyTooBig) moves.refused(result.error.cause, now);
  }
}

/** In every primary, and in those that are about to become one. */
async function ensureFunctions(
  { observed, decision }: ReconcilePlan,
  { admin, events }: Tools,
): Promise<boolean> {
  const { steps, state } = decision.plan;
  const targets = steps.flatMap((step) => (step.kind === 'moveSlots' ? [step.target] : []));
  if (state !== 'Steady' && targets.length === 0) return true;
  const results = await loadFunctions(admin, observed.topology, PRESENCE_FUNCTIONS, new Set(targets));
  recordFailures(events, observed.cluster, results);
  return results.every(({ outcome }) => outcome !== 'Failed');
}

/** The take-over on which operator, kubelet and peers have agreed for twice the node time-out. */
function confirmedTakeOver(
  { observed, acceptance, decision }: ReconcilePlan,
  { memory: { takeOvers }, clock }: Tools,
): TakeOverStep | undefined {
  const wished = decision.plan.steps.filter(
    (step): step is TakeOverStep => step.kind === 'failover' && step.mode === 'TakeOver',
  );
  return takeOvers.confirmed({
    steps: wished,
    silent: observed.topology.nodes.filter(({ reachable }) => !reachable).map(({ pod }) => pod),
    nowMs: clock.monotonicMs(),
    nodeTimeoutMs: serverOf(acceptance).nodeTimeoutMs,
  });
}

/** A stage: renews a Redis pod of an older template. It waits for a freeze or a pause to end, also in the middle of a rollout. */
export async function renewRedisPod(
  plan: ReconcilePlan,
  tools: Tools & Pick<StageTools, 'results'>,
): Promise<void> {
  const { observed, decision, roll } = plan;
  const { client, events, signal } = tools;
  if (decision.rolloutHold.active) return;
  const { cluster } = observed;
  if (roll.kind === 'failover') {
    const { pod, because } = roll;
    await handOver(plan, tools, 'RedisHandOver', { kind: 'failover', pod, mode: 'Graceful', because });
  }
  if (roll.kind !== 'renew') return;
  const pod = observed.redisPods.find(({ metadata }) => metadata.name === roll.pod);
  if (!pod) return;
  const { namespace } = cluster.metadata;
  try {
    await client.delete(builtin.Pod, namespace, roll.pod, { uid: pod.metadata.uid, signal });
  } catch (error) {
    if (isLasting(error)) tools.results.renewalRefused = true;
    throw error;
  }
  events.record(cluster, 'RedisPodRenewed', roll.because);
}

/**
 * A stage: moves one primary when the Kubernetes nodes hold them unevenly. It waits for a rollout, which moves primaries itself, and
 * for a freeze or a pause to end, unless the loss of one node would leave no majority.
 */
export async function spreadPrimaries(plan: ReconcilePlan, tools: Tools): Promise<void> {
  const { observed, decision, roll } = plan;
  const { rolloutHold } = decision;
  const step = nextSpreadStep(observed.topology, decision.plan);
  if (step.kind === 'none' || (rolloutHold.active && !step.quorumAtRisk)) return;
  if (roll.kind !== 'none' && !rolloutHold.active) return;
  const { memory, clock } = tools;
  const quietSinceMs = clock.monotonicMs() - spreadAfterQuietMs(plan);
  // A drain does not wait, and what moves now is another shard than before.
  if (!step.draining && !memory.failovers.isQuietSince(quietSinceMs)) return;
  const { pod, because } = step;
  await handOver(plan, tools, 'RedisSpread', { kind: 'failover', pod, mode: 'Graceful', because });
}

/**
 * The time until the replica of a primary that has moved may stand for election again. If the primary moves back earlier, it could
 * not be replaced in that time.
 */
export function spreadAfterQuietMs({ acceptance }: ReconcilePlan): number {
  const { engine, nodeTimeoutMs } = serverOf(acceptance);
  return Math.max(SPREAD_AFTER_QUIET_MS, engine.restsBetweenElections * nodeTimeoutMs);
}

function serverOf({ serving }: ReconcilePlan['acceptance']): { engine: EngineTraits; nodeTimeoutMs: number } {
  const { engine = 'Valkey', profile = 'Standard' } = serving?.redis ?? {};
  return { engine: ENGINES[ENGINE_NAME[engine]], nodeTimeoutMs: NODE_TIMEOUT_MS[profile] };
}

/** A stage: deletes by force the pods that cannot end on a lost node, where the spec states that such a node is dead. */
export async function forceLostPods(plan: ReconcilePlan, tools: Tools): Promise<void> {
  const { client, events, signal } = tools;
  const { cluster, lostPods } = plan.observed;
  if (plan.acceptance.serving?.redis.forceDeleteOnNodeLoss !== true) return;
  for (const { metadata, spec } of lostPods) {
    const { namespace, name, uid } = metadata;
    await client.delete(builtin.Pod, namespace, name, { uid, gracePeriodSeconds: 0, signal });
    events.record(cluster, 'RedisPodForced', EVENT_NOTES.podForced(name, spec.nodeName));
  }
}

/** Reserves this failover; false when another one is under way or the replica must not be asked yet. */
function claims(
  { acceptance, decision: { plan } }: ReconcilePlan,
  { memory: { failovers }, clock }: Tools,
  step: FailoverStep,
): boolean {
  const now = clock.monotonicMs();
  if (failovers.isUnderWay(now)) return false;
  const look = { ...serverOf(acceptance), nowMs: now };
  if (step.mode !== 'TakeOver' && hasOldVotes(failovers.electedMs(step.pod), look)) return false;
  const shard = plan.shards.find(({ replicas }) => replicas.some(({ pod }) => pod === step.pod));
  if (shard !== undefined) failovers.noteAttempt(shard.index, now);
  return true;
}

async function handOver(
  plan: ReconcilePlan,
  tools: Tools,
  reason: 'RedisHandOver' | 'RedisSpread',
  step: FailoverStep,
): Promise<void> {
  const { events } = tools;
  const { observed } = plan;
  if (!claims(plan, tools, step)) return;
  events.record(observed.cluster, reason, EVENT_NOTES.takesOver(step.pod, step.because));
  const results = await executeSteps(tools, [step], addressesOf(observed.topology));
  recordFailures(events, observed.cluster, results);
}

function recordFailures(
  events: ClusterEvents,
  cluster: ReconcilePlan['observed']['cluster'],
  results: readonly ({ outcome: 'Failed'; error: Error } | { outcome: 'Done' | 'Present' | 'Loaded' })[],
): void {
  for (const result of results) {
    if (result.outcome === 'Failed') events.record(cluster, 'RedisStepFailed', result.error.message);
  }
}
