import { formatInstant } from '../../../domain/calendar/instant.ts';
import { zoneDataFinding } from '../../../domain/calendar/zones/zone-data-age.ts';
import { budgetFinding } from '../../../domain/freeze/budget-finding.ts';
import { pauseEnd, pausesScaling } from '../../../domain/pause/pause-at.ts';
import { SLOT_COUNT } from '../../../domain/topology/slots.ts';
import { type Acceptance, withEndedWindows } from '../../cluster-state/accepted-spec.ts';
import { childKey } from '../../cluster-state/observed.ts';
import { isReady, type Pod, podProblem } from '../../cluster-state/pod.ts';
import { shardOf } from '../../cluster-state/pod-identity.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageResults } from '../plan/stage.ts';
import { isPaused } from '../rollout/gate-workload.ts';
import { appliedCondition } from './applied-condition.ts';
import { capacityCondition } from './capacity-condition.ts';
import { certificatesCondition } from './certificates-condition.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { credentialsCondition } from './credentials-condition.ts';
import { limitsCondition } from './limits-condition.ts';
import { bookingsCondition, loadConditions } from './load-conditions.ts';
import { pausedCondition } from './paused-condition.ts';
import { dataIntactCondition } from './redis-data-loss.ts';
import { revertedCondition } from './reverted-condition.ts';
import { spreadCondition } from './spread-condition.ts';
import { volumesCondition } from './volumes-condition.ts';

/** Every condition of a PresenceCluster; pure. */
export function clusterConditions(
  plan: ReconcilePlan,
  results: StageResults = { refused: [] },
): ClusterCondition[] {
  const redis = redisCondition(plan);
  const redisReady = redis.status === 'True' ? (unreadyShard(plan) ?? redis) : redis;
  const presence = presenceCondition(plan);
  return [
    accepted(withEndedWindows(plan.acceptance, plan.observed.now)),
    ready(redisReady, presence),
    redis,
    ...spreadCondition(plan),
    dataIntactCondition(plan),
    capacityCondition(plan),
    ...volumesCondition(plan),
    credentialsCondition(plan.observed, results.rotationWaitsFor),
    ...certificatesCondition(plan.observed),
    appliedCondition(results.refused),
    presence,
    scalingActive(plan),
    scalingLimited(plan),
    ...limitsCondition(plan),
    ...loadConditions(plan),
    bookingsCondition(plan),
    frozen(plan),
    { type: 'FreezeWithinBudget', ...budgetFinding(plan.decision.freezePlan.budget) },
    rolloutHeld(plan),
    revertedCondition(plan.desired.revisions),
    pausedCondition(plan.decision.pause),
    breakGlass(plan),
    kindsWatched(plan),
    zoneDataCurrent(plan),
  ];
}

function zoneDataCurrent({ observed: { zoneData, now } }: ReconcilePlan): ClusterCondition {
  const { reason, message } = zoneDataFinding(zoneData, now);
  return { type: 'ZoneDataCurrent', status: reason === 'Current' ? 'True' : 'False', reason, message };
}

function kindsWatched({ observed: { unwatchedKinds } }: ReconcilePlan): ClusterCondition {
  const type = 'KindsWatched';
  return unwatchedKinds.length === 0
    ? { type, status: 'True', reason: 'AllKindsWatched', message: 'All kinds are watched.' }
    : {
        type,
        status: 'False',
        reason: 'CannotWatch',
        message: `Kinds that cannot be watched: ${unwatchedKinds.join('; ')}.`,
      };
}

export function accepted({ accepted: yes, reason, message }: Acceptance): ClusterCondition {
  return { type: 'Accepted', status: yes ? 'True' : 'False', reason, message };
}

function ready(redis: ClusterCondition, presence: ClusterCondition): ClusterCondition {
  const type = 'Ready';
  if (redis.status !== 'True')
    return { type, status: 'False', reason: 'RedisNotReady', message: redis.message };
  if (presence.status !== 'True')
    return { type, status: 'False', reason: 'PresenceNotReady', message: presence.message };
  return { type, status: 'True', reason: 'Ready', message: 'Redis and all presence pods are ready.' };
}

/**
 * Redis may serve while the kubelet considers every pod of a shard unhealthy (a probe that can never pass) and keeps
 * restarting them: then the PresenceCluster is not ready.
 */
function unreadyShard({ observed }: ReconcilePlan): ClusterCondition | undefined {
  const ready = new Set(observed.redisPods.filter(isReady).map(shardOf));
  const shard = observed.redisPods.map(shardOf).find((each) => !ready.has(each));
  if (shard === undefined) return undefined;
  const message = `No Redis pod of shard ${shard} is ready.`;
  return { type: 'RedisAvailable', status: 'False', reason: 'PodsNotReady', message };
}

function redisCondition({ observed, decision: { plan } }: ReconcilePlan): ClusterCondition {
  const type = 'RedisAvailable';
  if (plan.slotsCovered === SLOT_COUNT && plan.state !== 'Degraded') {
    return { type, status: 'True', reason: 'SlotsCovered', message: sentence(plan.reason) };
  }
  const problem = firstProblem(observed.redisPods);
  if (problem) return { type, status: 'False', reason: 'PodsNotReady', message: problem.message };
  const message = sentence(plan.reason);
  switch (plan.state) {
    case 'Blank':
    case 'Forming':
      return { type, status: 'False', reason: 'Forming', message };
    case 'Joining':
    case 'Healing':
    case 'Degraded':
      return { type, status: 'False', reason: plan.state, message };
    case 'Moving':
    case 'Held':
    case 'Waiting':
    case 'Steady': {
      const silent = observed.topology.nodes.every((node) => !node.reachable);
      return { type, status: 'False', reason: silent ? 'Unreachable' : 'Forming', message };
    }
  }
}

function presenceCondition({ observed, decision }: ReconcilePlan): ClusterCondition {
  const type = 'PresenceAvailable';
  const { write, inputs } = decision.scaling;
  const wanted = write ?? inputs.current ?? observed.presencePods.length;
  const count = observed.presencePods.filter(isReady).length;
  if (count >= wanted) {
    return { type, status: 'True', reason: 'PodsReady', message: `${count} presence pods are ready.` };
  }
  if (observed.signingProblem) {
    return { type, status: 'False', reason: 'AuthSecretMissing', message: `${observed.signingProblem}.` };
  }
  const problem = firstProblem(observed.presencePods);
  if (problem) return { type, status: 'False', ...problem };
  return {
    type,
    status: 'False',
    reason: 'PodsStarting',
    message: `${count} of ${wanted} presence pods are ready.`,
  };
}

function firstProblem(pods: Pod[]): ReturnType<typeof podProblem> {
  for (const pod of pods) {
    const problem = podProblem(pod);
    if (problem) return problem;
  }
  return undefined;
}

function scalingActive({ observed, decision }: ReconcilePlan): ClusterCondition {
  const { scaling } = decision;
  const type = 'ScalingActive';
  const { conflictingAutoscaler } = observed;
  const { pause } = decision;
  if (conflictingAutoscaler !== undefined && scaling.inputs.mode !== 'Off') {
    const message = `${conflictingAutoscaler} also scales the presence pods; the operator writes no number until it is removed.`;
    return { type, status: 'False', reason: 'ConflictingAutoscaler', message };
  }
  if (pausesScaling(pause)) {
    const message = `Paused ${pauseEnd(pause)}: the number of presence pods stays. Would be ${scaling.desired}: ${scaling.because}.`;
    return { type, status: 'False', reason: 'Paused', message };
  }
  switch (scaling.inputs.mode) {
    case 'Off':
      return {
        type,
        status: 'False',
        reason: 'ModeOff',
        message: 'spec.scaling.mode is Off: spec.presence.replicas sets the number of presence pods.',
      };
    case 'ForecastOnly':
      return {
        type,
        status: 'False',
        reason: 'ForecastOnly',
        message:
          scaling.demand === undefined
            ? `Would set ${scaling.desired} presence pods: ${scaling.because}.`
            : followed(scaling),
      };
    case 'Multipliers':
    case 'ScaleOutOnly':
    case 'Full':
      return scaling.demand === undefined
        ? { type, status: 'True', reason: 'Calendar', message: `${scaling.because}.` }
        : { type, status: 'True', reason: 'Demand', message: followed(scaling) };
  }
}

function scalingLimited({ decision: { scaling } }: ReconcilePlan): ClusterCondition {
  const type = 'ScalingLimited';
  const clamp = scaling.clamps.at(-1);
  if (!clamp)
    return {
      type,
      status: 'False',
      reason: 'WithinRange',
      message: 'The computed number of presence pods is used.',
    };
  return {
    type,
    status: 'True',
    reason: LIMITED_BY[clamp.by],
    message: `Desired replicas ${clamp.from} ${clamp.to > clamp.from ? 'raised' : 'limited'} to ${clamp.to} by ${clamp.by}.`,
  };
}

const LIMITED_BY = {
  maxReplicas: 'TooManyReplicas',
  minReplicas: 'TooFewReplicas',
  budgetReplicas: 'BudgetExceeded',
} as const;

/** Without the loads, which change all the time: status.scaling has them. */
function followed({ desired, winner }: ReconcilePlan['decision']['scaling']): string {
  return `${desired} presence pods, decided by ${winner}; status.scaling has all terms.`;
}

function frozen({ decision: { publishedFreeze: freeze } }: ReconcilePlan): ClusterCondition {
  const type = 'Frozen';
  if (freeze.active) {
    const until = freeze.until ? ` until ${formatInstant(freeze.until)}` : '';
    const reason = freeze.weddings.length > 0 ? 'WeddingActive' : 'WindowActive';
    return { type, status: 'True', reason, message: `Frozen${until}: ${freeze.reason}.` };
  }
  const next = freeze.from ? ` The next freeze begins at ${formatInstant(freeze.from)}.` : '';
  return {
    type,
    status: 'False',
    reason: 'NoActiveWedding',
    message: `No protected wedding is active.${next}`,
  };
}

function rolloutHeld({ desired, roll, decision }: ReconcilePlan): ClusterCondition {
  const { rolloutHold: rollouts, publishedFreeze: freeze } = decision;
  const reason = decision.effectiveFreeze.active || !rollouts.active ? 'Frozen' : 'Paused';
  const type = 'RolloutHeld';
  const held = desired.workloads.flatMap((workload) => workload.held ?? []);
  if (held.length > 0) {
    const until = rollouts.until ? ` until ${formatInstant(rollouts.until)}` : '';
    const names = held.map(({ workload }) => workload).join(', ');
    const fields = [...new Set(held.flatMap((entry) => entry.fields))].join(', ');
    return { type, status: 'True', reason, message: `Held${until}: ${names} (${fields}).` };
  }
  // A rollout in progress continues at the end of the freeze itself.
  const end = freeze.active && !decision.pause.active ? freeze.until : rollouts.until;
  const until = end ? ` until ${formatInstant(end)}` : '';
  const paused = desired.workloads.find(({ manifest }) => isPaused(manifest));
  if (paused) {
    const message = `The rollout of ${childKey(paused.manifest)} is paused${until}.`;
    return { type, status: 'True', reason, message };
  }
  if (roll.kind === 'none')
    return { type, status: 'False', reason: 'NoRolloutHeld', message: 'No change is held.' };
  if (rollouts.active) {
    return {
      type,
      status: 'True',
      reason,
      message: `The rollout of the Redis pods is paused${until}.`,
    };
  }
  return roll.kind === 'wait'
    ? { type, status: 'True', reason: 'Waiting', message: `${sentence(roll.because)}` }
    : { type, status: 'False', reason: 'RollingOut', message: `${sentence(roll.because)}` };
}

function breakGlass({ decision: { overrides } }: ReconcilePlan): ClusterCondition {
  const type = 'BreakGlass';
  if (overrides.length === 0)
    return { type, status: 'False', reason: 'NoOverride', message: 'No RolloutOverride is open.' };
  const list = overrides.map(
    ({ name, user, ticket, scope, until }) =>
      `${name} (user ${user}, ticket ${ticket}, scope ${scope.join(', ')}) until ${until}`,
  );
  return { type, status: 'True', reason: 'OverrideActive', message: `Open: ${list.join('; ')}.` };
}

/** A name at the beginning stays as it is: `wedsync-redis-0-0 does not answer.` */
function sentence(text: string): string {
  const [first = ''] = text.split(' ', 1);
  const start = first.includes('-') ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${start}${text.slice(1)}.`;
}
