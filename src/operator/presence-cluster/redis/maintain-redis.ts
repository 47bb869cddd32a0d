import { PRESENCE_FUNCTIONS } from '../../../domain/presence-state/function-library.ts';
import { ENGINE_NAME, ENGINES, type EngineTraits } from '../../../domain/topology/engine.ts';
import { hasOldVotes } from '../../../domain/topology/failover.ts';
import { NODE_TIMEOUT_MS } from '../../../domain/topology/server-config.ts';
import { nextSpreadStep } from '../../../domain/topology/spread.ts';
import type { FailoverStep, TakeOverStep } from '../../../domain/topology/step.ts';
import type { KubeClient } from '../../../platform/kube/client.ts';
import { builtin } from '../../../platform/kube/resource.ts';
import type { RedisAdmin } from '../../../platform/redis/admin.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import { keyOf } from '../../../platform/runtime/object-key.ts';
import type { Announcer } from '../../objects/announce.ts';
import type { BanWatch } from '../../redis/ban-watch.ts';
import { addressesOf, executeSteps, type StepResult } from '../../redis/execute.ts';
import type { FailoverLog } from '../../redis/failover-log.ts';
import { loadFunctions } from '../../redis/load-functions.ts';
import type { MoveBackoff } from '../../redis/move-backoff.ts';
import { KeyTooBig } from '../../redis/move-slots.ts';
import type { TakeOverWatch } from '../../redis/take-over-watch.ts';
import { dataLossOf } from '../conditions/redis-data-loss.ts';
import type { Pass } from '../plan/pass.ts';

/** What the Redis Cluster is maintained with. */
export interface RedisTools {
  client: KubeClient;
  admin: RedisAdmin;
  announcer: Announcer;
  failovers: FailoverLog;
  takeOvers: TakeOverWatch;
  moves: MoveBackoff;
  bans: BanWatch;
  clock: Clock;
}

/**
 * Twice the node time-out of the profile Standard: for so long after a vote the voters refuse another one about the same
 * primary, so one that was moved back at once could not be replaced again.
 */
const SPREAD_AFTER_QUIET_MS = 10_000;

/** Carries out the planned steps. Forming and healing never wait for a freeze. */
export async function stepRedis(tools: RedisTools, pass: Pass): Promise<void> {
  const { announcer } = tools;
  const { observed, decision } = pass;
  const { cluster, topology } = observed;
  const { plan } = decision;
  const hasFunctions = await ensureFunctions(tools, pass);
  const loss = dataLossOf(pass);
  if (loss !== undefined) announcer.event(cluster, 'RedisDataLost', `${loss.slots} slots: ${loss.because}`);
  const takeOver = ripeTakeOver(tools, pass);
  const steps = plan.steps.filter((step) => {
    // Keys that arrive where no functions are could not be used.
    if (step.kind === 'moveSlots') return hasFunctions;
    if (step.kind !== 'failover') return true;
    return (step.mode !== 'TakeOver' || step === takeOver) && claims(tools, pass, step);
  });
  if (steps.length === 0) return;
  const reason = takeOver !== undefined && steps.includes(takeOver) ? 'RedisTakeOver' : 'RedisStep';
  announcer.event(cluster, reason, `${plan.reason} (${steps.length} steps)`);
  const results = await executeSteps(tools, steps, addressesOf(topology));
  noteMoves(tools, observed, results);
  const { runningConfig = new Map() } = observed;
  tools.bans.note(keyOf(cluster), results, topology, runningConfig, tools.clock.monotonicMs());
  announceFailures(announcer, cluster, results);
}

/** A big key is not asked for again at once: nothing but people makes it smaller. */
function noteMoves(
  { moves }: RedisTools,
  { cluster, now }: Pass['observed'],
  results: readonly StepResult[],
): void {
  for (const result of results) {
    if (result.step.kind !== 'moveSlots') continue;
    if (result.outcome === 'Done') moves.forget(keyOf(cluster));
    else if (result.error.cause instanceof KeyTooBig) moves.refused(keyOf(cluster), result.error.cause, now);
  }
}

/** In every primary, and in those that are about to become one. */
async function ensureFunctions(
  { admin, announcer }: RedisTools,
  { observed, decision }: Pass,
): Promise<boolean> {
  const { steps, state } = decision.plan;
  const targets = steps.flatMap((step) => (step.kind === 'moveSlots' ? [step.target] : []));
  if (state !== 'Steady' && targets.length === 0) return true;
  const results = await loadFunctions(admin, observed.topology, PRESENCE_FUNCTIONS, new Set(targets));
  announceFailures(announcer, observed.cluster, results);
  return results.every(({ outcome }) => outcome !== 'Failed');
}

/** The take-over that everybody has agreed on for twice the node time-out. */
function ripeTakeOver({ takeOvers, clock }: RedisTools, { observed, acceptance, decision }: Pass) {
  const wished = decision.plan.steps.filter(
    (step): step is TakeOverStep => step.kind === 'failover' && step.mode === 'TakeOver',
  );
  return takeOvers.ripe(keyOf(observed.cluster), {
    steps: wished,
    silent: observed.topology.nodes.filter(({ reachable }) => !reachable).map(({ pod }) => pod),
    nowMs: clock.monotonicMs(),
    nodeTimeoutMs: serverOf(acceptance).nodeTimeoutMs,
  });
}

/** Renews a Redis pod of an older template; waits for a freeze to end, also when renewing has begun already. */
export async function renewRedisPod(tools: RedisTools, pass: Pass, signal: AbortSignal): Promise<void> {
  const { observed, decision, roll } = pass;
  const { client, announcer } = tools;
  if (decision.rollouts.active) return;
  const { cluster } = observed;
  if (roll.kind === 'failover') {
    const { pod, because } = roll;
    await handOver(tools, pass, 'RedisHandOver', { kind: 'failover', pod, mode: 'Graceful', because });
  }
  if (roll.kind !== 'renew') return;
  const pod = observed.redisPods.find(({ metadata }) => metadata.name === roll.pod);
  if (!pod) return;
  const { namespace } = cluster.metadata;
  await client.delete(builtin.Pod, namespace, roll.pod, { uid: pod.metadata.uid, signal });
  announcer.event(cluster, 'RedisPodRenewed', roll.because);
}

/**
 * Moves one primary when the Kubernetes nodes hold them unevenly. Waits for a roll, which moves primaries itself, and for
 * a freeze to end, unless one node's loss would take the majority with it.
 */
export async function spreadPrimaries(tools: RedisTools, pass: Pass): Promise<void> {
  const { observed, decision, roll } = pass;
  const { rollouts, plan } = decision;
  const step = nextSpreadStep(observed.topology, plan);
  if (step.kind === 'none' || (rollouts.active && !step.quorumAtRisk)) return;
  if (roll.kind !== 'none' && !rollouts.active) return;
  const { failovers, clock } = tools;
  const quietSinceMs = clock.monotonicMs() - spreadAfterQuietMs(pass);
  // A drain does not wait, and what moves now is another shard than before.
  if (!step.draining && !failovers.isQuietSince(keyOf(observed.cluster), quietSinceMs)) return;
  const { pod, because } = step;
  await handOver(tools, pass, 'RedisSpread', { kind: 'failover', pod, mode: 'Graceful', because });
}

/** A primary moved back before its replica may stand for election again could not be replaced for so long. */
export function spreadAfterQuietMs({ acceptance }: Pass): number {
  const { engine, nodeTimeoutMs } = serverOf(acceptance);
  return Math.max(SPREAD_AFTER_QUIET_MS, engine.restsBetweenElections * nodeTimeoutMs);
}

function serverOf({ serving }: Pass['acceptance']): { engine: EngineTraits; nodeTimeoutMs: number } {
  const { engine = 'Valkey', profile = 'Standard' } = serving?.redis ?? {};
  return { engine: ENGINES[ENGINE_NAME[engine]], nodeTimeoutMs: NODE_TIMEOUT_MS[profile] };
}

/** Deletes pods by force that cannot end on a lost node, where the spec vouches that such a node is dead. */
export async function forceLostPods(tools: RedisTools, pass: Pass, signal: AbortSignal): Promise<void> {
  const { client, announcer } = tools;
  const { cluster, lostPods = [] } = pass.observed;
  if (pass.acceptance.serving?.redis.forceDeleteOnNodeLoss !== true) return;
  for (const { metadata, spec } of lostPods) {
    const { namespace, name, uid } = metadata;
    await client.delete(builtin.Pod, namespace, name, { uid, gracePeriodSeconds: 0, signal });
    announcer.event(cluster, 'RedisPodForced', `${name} cannot end on the lost node ${spec.nodeName}`);
  }
}

/** Takes the right to ask for this failover, or says that another one is under way or that the replica must not be asked yet. */
function claims(
  { failovers, clock }: RedisTools,
  { observed: { cluster }, acceptance, decision: { plan } }: Pass,
  step: FailoverStep,
): boolean {
  const key = keyOf(cluster);
  const now = clock.monotonicMs();
  if (failovers.isUnderWay(key, now)) return false;
  const look = { ...serverOf(acceptance), nowMs: now };
  if (step.mode !== 'TakeOver' && hasOldVotes(failovers.electedMs(key, step.pod), look)) return false;
  const shard = plan.shards.find(({ replicas }) => replicas.some(({ pod }) => pod === step.pod));
  if (shard !== undefined) failovers.noteAttempt(key, shard.index, now);
  return true;
}

async function handOver(
  tools: RedisTools,
  pass: Pass,
  reason: 'RedisHandOver' | 'RedisSpread',
  step: FailoverStep,
): Promise<void> {
  const { announcer } = tools;
  const { observed } = pass;
  if (!claims(tools, pass, step)) return;
  announcer.event(observed.cluster, reason, `${step.pod} takes over: ${step.because}`);
  const results = await executeSteps(tools, [step], addressesOf(observed.topology));
  announceFailures(announcer, observed.cluster, results);
}

function announceFailures(
  announcer: Announcer,
  cluster: Pass['observed']['cluster'],
  results: readonly ({ outcome: 'Failed'; error: Error } | { outcome: 'Done' | 'Present' | 'Loaded' })[],
): void {
  for (const result of results) {
    if (result.outcome === 'Failed') announcer.event(cluster, 'RedisStepFailed', result.error.message);
  }
}
