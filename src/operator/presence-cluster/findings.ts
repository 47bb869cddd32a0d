import type { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { SLOT_COUNT } from '../../domain/topology/slots.ts';
import type { AnyFinding } from '../conditions.ts';
import { isReady, type Pod, podProblem } from '../pod.ts';
import type { Acceptance } from './accepted-spec.ts';
import { childKey } from './observed.ts';
import type { Pass } from './pass.ts';
import { isPaused } from './pause.ts';

export type ClusterFinding = AnyFinding<typeof PRESENCE_CLUSTER_CONDITIONS>;

/** Every condition of a PresenceCluster; pure. */
export function clusterFindings(pass: Pass): ClusterFinding[] {
  const redis = redisFinding(pass);
  const redisReady = redis.status === 'True' ? (unreadyShard(pass) ?? redis) : redis;
  const presence = presenceFinding(pass);
  return [
    accepted(pass.acceptance),
    ready(redisReady, presence),
    redis,
    presence,
    scalingActive(pass),
    scalingLimited(pass),
    frozen(pass),
    rolloutHeld(pass),
    breakGlass(pass),
  ];
}

export function accepted({ accepted: yes, reason, message }: Acceptance): ClusterFinding {
  return { type: 'Accepted', status: yes ? 'True' : 'False', reason, message };
}

function ready(redis: ClusterFinding, presence: ClusterFinding): ClusterFinding {
  const type = 'Ready';
  if (redis.status !== 'True')
    return { type, status: 'False', reason: 'RedisNotReady', message: redis.message };
  if (presence.status !== 'True')
    return { type, status: 'False', reason: 'PresenceNotReady', message: presence.message };
  return { type, status: 'True', reason: 'Ready', message: 'Redis and presence serve.' };
}

/**
 * Redis may serve while the kubelet takes every pod of a shard for broken (a probe that can never pass) and restarts
 * them again and again: then the PresenceCluster is not ready.
 */
function unreadyShard({ observed }: Pass): ClusterFinding | undefined {
  const shardOf = (pod: Pod) => pod.metadata.labels?.[LABEL.shard];
  const ready = new Set(observed.redisPods.filter(isReady).map(shardOf));
  const shard = observed.redisPods.map(shardOf).find((each) => !ready.has(each));
  if (shard === undefined) return undefined;
  const message = `No Redis pod of shard ${shard} is ready.`;
  return { type: 'RedisAvailable', status: 'False', reason: 'PodsNotReady', message };
}

function redisFinding({ observed, decision: { plan } }: Pass): ClusterFinding {
  const type = 'RedisAvailable';
  if (plan.slotsCovered === SLOT_COUNT && ['Steady', 'Joining', 'Healing', 'Waiting'].includes(plan.state)) {
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
    case 'Waiting':
    case 'Steady': {
      const silent = observed.topology.nodes.every((node) => !node.reachable);
      return { type, status: 'False', reason: silent ? 'Unreachable' : 'Forming', message };
    }
  }
}

function presenceFinding({ observed, decision }: Pass): ClusterFinding {
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

function scalingActive({ decision: { scaling } }: Pass): ClusterFinding {
  const type = 'ScalingActive';
  switch (scaling.inputs.mode) {
    case 'Off':
      return { type, status: 'False', reason: 'ModeOff', message: 'spec.presence.replicas decides.' };
    case 'ForecastOnly':
      return {
        type,
        status: 'False',
        reason: 'ForecastOnly',
        message: `Would be ${scaling.desired}: ${scaling.because}.`,
      };
    case 'Multipliers':
    case 'ScaleOutOnly':
    case 'Full':
      return { type, status: 'True', reason: 'Calendar', message: `${scaling.because}.` };
  }
}

function scalingLimited({ decision: { scaling } }: Pass): ClusterFinding {
  const type = 'ScalingLimited';
  const clamp = scaling.clamps.at(-1);
  if (!clamp)
    return { type, status: 'False', reason: 'WithinRange', message: 'The computed number is used as it is.' };
  return {
    type,
    status: 'True',
    reason: clamp.by === 'maxReplicas' ? 'TooManyReplicas' : 'TooFewReplicas',
    message: `${clamp.by} turned ${clamp.from} into ${clamp.to}.`,
  };
}

function frozen({ decision: { freeze } }: Pass): ClusterFinding {
  const type = 'Frozen';
  if (freeze.active) {
    const until = freeze.until ? ` until ${formatInstant(freeze.until)}` : '';
    return { type, status: 'True', reason: 'WeddingActive', message: `${freeze.reason}${until}.` };
  }
  const next = freeze.from ? ` The next freeze begins at ${formatInstant(freeze.from)}.` : '';
  return { type, status: 'False', reason: 'NoActiveWedding', message: `No protected wedding is on.${next}` };
}

function rolloutHeld({ desired, roll, decision: { rollouts: freeze } }: Pass): ClusterFinding {
  const type = 'RolloutHeld';
  const held = desired.workloads.flatMap((workload) => workload.held ?? []);
  const until = freeze.until ? ` until ${formatInstant(freeze.until)}` : '';
  if (held.length > 0) {
    const names = held.map(({ workload }) => workload).join(', ');
    const fields = [...new Set(held.flatMap((entry) => entry.fields))].join(', ');
    return { type, status: 'True', reason: 'Frozen', message: `Waiting${until}: ${names} (${fields}).` };
  }
  const paused = desired.workloads.find(({ manifest }) => isPaused(manifest));
  if (paused) {
    const message = `${childKey(paused.manifest)} is paused in the middle of a rollout${until}.`;
    return { type, status: 'True', reason: 'Frozen', message };
  }
  if (roll.kind === 'none')
    return { type, status: 'False', reason: 'NothingHeld', message: 'No change waits.' };
  if (freeze.active) {
    return { type, status: 'True', reason: 'Frozen', message: `Renewing Redis pods is paused${until}.` };
  }
  return roll.kind === 'wait'
    ? { type, status: 'True', reason: 'Waiting', message: `${sentence(roll.because)}` }
    : { type, status: 'False', reason: 'RollingOut', message: `${sentence(roll.because)}` };
}

function breakGlass({ decision: { overrides } }: Pass): ClusterFinding {
  const type = 'BreakGlass';
  if (overrides.length === 0)
    return { type, status: 'False', reason: 'NoOverride', message: 'No override is open.' };
  const list = overrides.map(
    ({ name, user, ticket, scope, until }) =>
      `${name} of ${user}, ticket ${ticket}, until ${until} (${scope.join(', ')})`,
  );
  return { type, status: 'True', reason: 'OverrideActive', message: `Open: ${list.join('; ')}.` };
}

/** A name at the beginning stays as it is: `wedsync-redis-0-0 does not answer.` */
function sentence(text: string): string {
  const [first = ''] = text.split(' ', 1);
  const start = first.includes('-') ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${start}${text.slice(1)}.`;
}
