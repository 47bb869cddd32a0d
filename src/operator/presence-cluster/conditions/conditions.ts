import { formatInstant } from '../../../domain/calendar/instant.ts';
import { zoneDataFinding } from '../../../domain/calendar/zones/zone-data-age.ts';
import { budgetFinding } from '../../../domain/freeze/budget-finding.ts';
import { pauseEnd, pausesScaling } from '../../../domain/pause/pause-at.ts';
import { type Acceptance, withEndedWindows } from '../../cluster-state/accepted-spec.ts';
import { childKey } from '../../cluster-state/observed.ts';
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
import { presenceConditions } from './presence-available.ts';
import { readyConditions } from './ready-conditions.ts';
import { redisAvailable } from './redis-available.ts';
import { dataIntactCondition } from './redis-data-loss.ts';
import { replicatedCondition } from './replicated-condition.ts';
import { revertedCondition } from './reverted-condition.ts';
import { sentence } from './sentence.ts';
import { sloCondition } from './slo-condition.ts';
import { spreadCondition } from './spread-condition.ts';
import { volumesCondition } from './volumes-condition.ts';

/** Every condition of a PresenceCluster; pure. */
export function clusterConditions(
  plan: ReconcilePlan,
  results: StageResults = { refused: [] },
): ClusterCondition[] {
  const redis = redisAvailable(plan);
  const replicated = replicatedCondition(plan);
  const [presence, starting] = presenceConditions(plan);
  const applied = appliedCondition(results.refused);
  const dataIntact = dataIntactCondition(plan);
  const reverted = revertedCondition(plan.desired.revisions);
  return [
    accepted(withEndedWindows(plan.acceptance, plan.observed.now)),
    ...readyConditions(plan, { redis, replicated, presence, applied, dataIntact, reverted }),
    redis,
    replicated,
    ...spreadCondition(plan),
    dataIntact,
    capacityCondition(plan),
    ...volumesCondition(plan),
    credentialsCondition(plan.observed, results.rotationWaitsFor),
    ...certificatesCondition(plan.observed),
    applied,
    presence,
    starting,
    scalingActive(plan),
    scalingLimited(plan),
    ...limitsCondition(plan),
    ...loadConditions(plan),
    bookingsCondition(plan),
    ...sloCondition(plan),
    frozen(plan),
    { type: 'FreezeWithinBudget', ...budgetFinding(plan.decision.freezePlan.budget) },
    rolloutHeld(plan),
    reverted,
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
  const reason = decision.effectiveFreeze.active || !rollouts.active ? 'HeldByFreeze' : 'Paused';
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
